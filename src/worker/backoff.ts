/** The pause before the next try at a transient failure: exponential with full jitter, capped at 60 s. */
export interface Backoff {
  /** The ceiling after the first failure, in milliseconds; doubles with each further one. */
  readonly firstMs: number;
  readonly capMs: number;
}

export const BACKOFF: Backoff = { firstMs: 1000, capMs: 60_000 };

/** Milliseconds to wait after `attempts` failed tries (at least 1); full jitter spreads them evenly from 0 to the ceiling. */
export function backoffDelayMs(
  attempts: number,
  { firstMs, capMs }: Backoff = BACKOFF,
  random: () => number = Math.random,
): number {
  const ceilingMs = Math.min(capMs, firstMs * 2 ** Math.min(attempts - 1, 30));
  return Math.round(ceilingMs * random());
}
