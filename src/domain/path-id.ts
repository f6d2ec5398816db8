/**
 * Genesys uses UUIDs; simulators and older organisations may use other ids. None of these characters has a meaning in a path or a
 * Redis key.
 */
export const PATH_ID = /^(?!\.{1,2}$)[A-Za-z0-9_.:-]{1,128}$/;

/** Whether an id may enter the path of an API call: 1 to 128 of `A-Z a-z 0-9 _ . : -`, and not `.` or `..`. */
export function isPathId(value: unknown): value is string {
  return typeof value === 'string' && PATH_ID.test(value);
}
