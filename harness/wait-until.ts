import { setTimeout as delay } from 'node:timers/promises';

export interface WaitUntilOptions {
  /** Default 10,000. */
  readonly timeoutMs?: number;
  /** Pause between two looks. Default 25. */
  readonly intervalMs?: number;
  /** What is waited for; named in the error. */
  readonly what?: string;
}

/**
 * Looks again and again until `look` answers something other than `undefined`, `null` or `false`, and returns it.
 * Only for state that can't announce itself, such as another process's; where there is an event, wait for the event.
 *
 * @throws Error when the time is over; its `cause` is what the last look threw, if it threw.
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
