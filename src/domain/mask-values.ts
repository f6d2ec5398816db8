/** The replacement for a text that must not be shown. */
export const MASKED_TEXT = '[string]';

/** Replaces each value with its type: shows a missing field or a wrong type, and reveals no value. */
export function maskValues(fields: Readonly<Record<string, unknown>>): Record<string, string | null> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value === null ? null : `[${typeOf(value)}]`]));
}

function typeOf(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value;
}
