/** How long evaluations together may block the event loop before other work has its turn. */
const LONGEST_HOLD_MS = 20;

export interface LoopTurns {
  /** Records that work has blocked the event loop for this many milliseconds. */
  held(ms: number): void;
  /** `null`: go on. Otherwise go on when it resolves, which is in an iteration of the event loop of the caller's own. */
  wait(): Promise<void> | null;
  /** Waits where it has to, does the work, and records its time. */
  take<T>(work: () => T): Promise<T>;
}

/**
 * Shares the event loop between evaluations of what senders sent and all other work, such as `/healthz`. Who has to wait goes on
 * in an iteration of its own, one after another. With `setImmediate` alone all would go on in the same iteration.
 */
export function createLoopTurns(): LoopTurns {
  let heldMs = 0;
  let last: Promise<void> | null = null;
  const held = (ms: number) => {
    heldMs += ms;
  };
  const wait = () => {
    if (heldMs < LONGEST_HOLD_MS && last === null) return null;
    const turn = (last ?? Promise.resolve()).then(nextIteration).then(() => {
      heldMs = 0;
      if (last === turn) last = null;
    });
    last = turn;
    return turn;
  };
  return {
    held,
    wait,
    take: async (work) => {
      const turn = wait();
      if (turn !== null) await turn;
      const startedAt = performance.now();
      try {
        return work();
      } finally {
        held(performance.now() - startedAt);
      }
    },
  };
}

function nextIteration(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
