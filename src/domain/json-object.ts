/** A JSON value that is an object, and no array. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether lists and objects are nested at most this deep. Then code that recurses over the value (`JSON.stringify`) is safe. */
export function nestsAtMost(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => nestsAtMost(levels - 1, inner));
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
