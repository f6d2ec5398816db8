/** In place of a text that must not be shown. */
export const MASKED_TEXT = '[string]';

/** The type of each value in its place: shows a missing field or a wrong type, and gives nothing away. */
export function maskValues(fields: Readonly<Record<string, unknown>>): Record<string, string | null> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value === null ? null : `[${typeOf(value)}]`]));
}

function typeOf(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value;
}
