import type { Clock } from '../src/genesys/clock.ts';

/** A clock that moves only when a test advances it: minutes of pacing take milliseconds, and every run is the same. */
export interface VirtualClock extends Clock {
  /**
   * Advances the clock and fires the timers that come due, in their order. The code that a timer wakes runs before the next timer
   * fires.
   */
  advance(ms: number): Promise<void>;
  /** Resolves when some timer waits. */
  timerSet(): Promise<void>;
}

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

const START = Date.parse('2026-11-20T12:00:00Z');

/** Lets the continuations of promises that are already resolved run. */
async function settlePromises(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

/**
 * @param start epoch milliseconds
 * @param settle runs the woken code until it waits for the clock again; the default runs promise continuations only
 */
export function createVirtualClock(start = START, settle: () => Promise<void> = settlePromises): VirtualClock {
  const timers = new Set<Timer>();
  let now = start;
  let whenSet: (() => void)[] = [];

  async function fireUntil(end: number): Promise<void> {
    for (;;) {
      let next: Timer | null = null;
      for (const timer of timers) if (timer.at <= end && timer.at < (next?.at ?? Number.POSITIVE_INFINITY)) next = timer;
      if (next === null) return;
      timers.delete(next);
      now = Math.max(now, next.at);
      next.callback();
      await settle();
    }
  }

  return {
    now: () => now,
    monotonicMs: () => now,
    setTimer(callback, delayMs) {
      const timer = { at: now + delayMs, callback };
      timers.add(timer);
      for (const resolve of whenSet.splice(0)) resolve();
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const end = now + ms;
      await settle();
      await fireUntil(end);
      now = end;
    },
    timerSet: () =>
      new Promise((resolve) => {
        if (timers.size > 0) resolve();
        else whenSet = [...whenSet, resolve];
      }),
  };
}
