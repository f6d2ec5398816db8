import { setTimeout as delay } from 'node:timers/promises';

export interface WaitUntilOptions {
  /** Default 10,000. */
  readonly timeoutMs?: number;
  /** Pause between two checks. Default 25. */
  readonly intervalMs?: number;
  /** The awaited condition; named in the error. */
  readonly what?: string;
}

/**
 * Calls `look` repeatedly until it returns a value other than `undefined`, `null` or `false`, and returns that value. Only for
 * state that has no event, such as another process's; if there is an event, wait for the event.
 *
 * @throws Error when the time is over; its `cause` is the error of the last call, if it threw.
 */
export async function waitUntil<T>(
  look: () => T | Promise<T>,
  { timeoutMs = 10_000, intervalMs = 25, what = 'a condition' }: WaitUntilOptions = {},
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  do {
    try {
      const found = await look();
      if (found !== undefined && found !== null && found !== false) return found as Exclude<T, undefined | null | false>;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await delay(intervalMs);
  } while (performance.now() < deadline);
  throw new Error(`waited ${timeoutMs} ms for ${what}`, { cause });
}
