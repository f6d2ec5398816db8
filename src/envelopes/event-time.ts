/** ISO 8601 as Genesys and Java write it: the offset may lack its colon. Without an offset it is UTC. */
const ISO = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(?:Z|([+-]\d{2}):?(\d{2}))?$/i;
const DIGITS = /^\d{12,15}$/;
/** 1973: a number below it is a time in seconds, which no Genesys event uses. */
const EARLIEST_MS = 100_000_000_000;
/** The last millisecond of the year 9999; later years have another ISO 8601 form. */
const LATEST_MS = 253_402_300_799_999;

/**
 * ISO 8601 in UTC with milliseconds, of a time in epoch milliseconds (a number, or its digits) or ISO 8601.
 * `null` when it is neither.
 */
export function parseEventTime(value: unknown): string | null {
  const epochMs = typeof value === 'number' ? value : typeof value === 'string' ? epochMsOf(value) : Number.NaN;
  if (!(epochMs >= EARLIEST_MS && epochMs <= LATEST_MS)) return null;
  return new Date(epochMs).toISOString();
}

function epochMsOf(text: string): number {
  if (DIGITS.test(text)) return Number(text);
  const [, local, hours, minutes] = ISO.exec(text) ?? [];
  if (local === undefined) return Number.NaN;
  return Date.parse(hours === undefined ? `${local}Z` : `${local}${hours}:${minutes}`);
}
