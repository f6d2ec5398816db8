/** In UTF-16 units: longer than what anybody gives to a code or a queue for a name. */
const MOST_LENGTH = 200;

/** A name or a code as it is shown in a sentence. */
export function shorten(name: string): string {
  return name.length <= MOST_LENGTH ? name : `${name.slice(0, MOST_LENGTH - 1)}…`;
}
