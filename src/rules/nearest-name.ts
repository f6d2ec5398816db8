/** The allowed name that a mistyped one most likely means, or `null` when none is within two edits (one for short names). */
export function nearestName(name: string, allowed: Iterable<string>): string | null {
  if (name.length > 64) return null;
  const wanted = name.toLowerCase();
  let nearest: string | null = null;
  let nearestDistance = (name.length < 5 ? 1 : 2) + 1;
  for (const candidate of allowed) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance >= nearestDistance) continue;
    nearest = candidate;
    nearestDistance = distance;
  }
  return nearest;
}

/** ` (did you mean "x"?)`, or nothing. */
export function didYouMean(name: string, allowed: Iterable<string>): string {
  const nearest = nearestName(name, allowed);
  return nearest === null ? '' : ` (did you mean "${nearest}"?)`;
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
