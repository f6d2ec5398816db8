/**
 * JSON with members sorted by name at every level, so that the same event has the same text in whatever order
 * its sender writes the members. As RFC 8785 writes it (UTF-16 order, ECMAScript numbers), for values that came from JSON.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = value as Readonly<Record<string, unknown>>;
  const names = Object.keys(members).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalJson(members[name])}`).join(',')}}`;
}
