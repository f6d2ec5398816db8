/** Used when a 429 has no `Retry-After` (Genesys documents that it has). Short, because the next 429 will probably have one. */
const DEFAULT_MS = 5_000;
/** Zero would let a refused call be repeated endlessly. */
const SHORTEST_MS = 1_000;
/** Daily limits return hours; more than a day is a mistake. */
const LONGEST_MS = 24 * 60 * 60 * 1_000;

/**
 * Milliseconds to wait after a 429: `Retry-After` as seconds or as an HTTP date (RFC 9110, section 10.2.3), between one second
 * and one day. Without a readable header, the time in the body counts, else 5 seconds. A date is compared with the response's own
 * `Date`, so that a difference between the clocks does not matter; without it, with `now` (epoch milliseconds).
 */
export function retryAfterMs(
  retryAfter: string | null,
  date: string | null,
  now: number,
  fromBodyMs: number | null = null,
): number {
  const delayMs = delayOf(retryAfter?.trim() ?? '', date, now);
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, Number.isNaN(delayMs) ? (fromBodyMs ?? DEFAULT_MS) : delayMs));
}

function delayOf(retryAfter: string, date: string | null, now: number): number {
  if (/^\d+(\.\d+)?$/.test(retryAfter)) return Math.ceil(Number(retryAfter) * 1000);
  // Date.parse reads far more than HTTP dates, "-5" for one; every form of an HTTP date begins with the day's name.
  if (!/^[A-Z][a-z]+,? /.test(retryAfter)) return Number.NaN;
  const answeredAt = date === null ? Number.NaN : Date.parse(date);
  return Date.parse(retryAfter) - (Number.isNaN(answeredAt) ? now : answeredAt);
}
