const DIGITS = /^\d{9,14}$/;
/** Seconds stay below this until the year 5138; milliseconds have been above it since 1973. */
const FIRST_MILLISECONDS = 100_000_000_000;

/** `2026-11-20T12:00:00Z`, with or without a fraction or an offset. */
const ISO_8601 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/** Epoch milliseconds of a timestamp header in epoch seconds, epoch milliseconds or ISO 8601; `null` when it is none of them. */
export function parseTimestamp(value: string): number | null {
  if (ISO_8601.test(value)) return Number.isNaN(Date.parse(value)) ? null : Date.parse(value);
  if (!DIGITS.test(value)) return null;
  const timestamp = Number(value);
  return timestamp < FIRST_MILLISECONDS ? timestamp * 1000 : timestamp;
}
