const DIGITS = /^\d{9,14}$/;
/** Seconds stay below this until the year 5138; milliseconds have been above it since 1973. */
const FIRST_MILLISECONDS = 100_000_000_000;

/** Epoch milliseconds of a timestamp header in epoch seconds or milliseconds; `null` when it is neither. */
export function parseTimestamp(value: string): number | null {
  if (!DIGITS.test(value)) return null;
  const timestamp = Number(value);
  return timestamp < FIRST_MILLISECONDS ? timestamp * 1000 : timestamp;
}
