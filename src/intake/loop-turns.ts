/** How long the conditions of all deliveries together may block the event loop before other work has its turn. */
const LONGEST_HOLD_MS = 20;
/** Work that is shorter blocks nobody, and is not counted. */
const WORTH_COUNTING_MS = 1;

export interface LoopTurns {
  /** Records that work has blocked the event loop for this many milliseconds. */
  held(ms: number): void;
  /** `null`: go on. Otherwise go on when it resolves, which is in an iteration of the event loop of the caller's own. */
  wait(): Promise<void> | null;
}

/**
 * Shares the event loop between deliveries whose conditions are slow and all other work, such as `/healthz`. Deliveries that have
 * to wait go on one after another, each in its own iteration. With `setImmediate` alone all of them would go on in the same
 * iteration.
 */
export function createLoopTurns(): LoopTurns {
  let heldMs = 0;
  let last: Promise<void> | null = null;
  return {
    held(ms) {
      if (ms >= WORTH_COUNTING_MS) heldMs += ms;
    },
    wait() {
      if (heldMs < LONGEST_HOLD_MS && last === null) return null;
      const turn = (last ?? Promise.resolve()).then(nextIteration).then(() => {
        heldMs = 0;
        if (last === turn) last = null;
      });
      last = turn;
      return turn;
    },
  };
}

function nextIteration(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
