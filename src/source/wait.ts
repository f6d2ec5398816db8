import type { Clock } from '../genesys/clock.ts';

/** Resolves after `delayMs` by that clock, or when the signal is aborted. */
export function wait(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.setTimer(end, delayMs);
    signal.addEventListener('abort', end, { once: true });
  });
}

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Exponential with full jitter, so that processes and channels that lost their connection together do not reconnect together. */
export function reconnectDelayMs(failures: number, random: () => number = Math.random): number {
  return Math.round(random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** failures));
}
