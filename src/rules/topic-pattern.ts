/** A pattern over the segments of a topic: `*` is exactly one segment, `**` any number of them (also none). */
export interface TopicPattern {
  matches(topic: string): boolean;
}

const SEGMENT = /^(\*\*?|\{id\}|[^\s*{}$]+)$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The problem of a pattern, or `null`. */
export function findTopicPatternFault(pattern: string): string | null {
  for (const segment of pattern.split('.')) {
    if (segment === '') return 'a topic pattern has no empty segments';
    if (UUID.test(segment)) return `write {id} instead of the id "${segment}": ids inside topics are replaced by {id}`;
    if (!SEGMENT.test(segment)) {
      return `"${segment}" is no segment of a topic pattern (allowed: a name; {id}; * for one segment; ** for any number)`;
    }
  }
  return null;
}

/** The pattern must be valid, see {@link findTopicPatternFault}. */
export function compileTopicPattern(pattern: string): TopicPattern {
  if (!pattern.includes('*')) return { matches: (topic) => topic === pattern };
  const wanted = pattern.split('.');
  return { matches: (topic) => matchSegments(wanted, topic.split('.')) };
}

/**
 * The classic glob walk: on a mismatch, the last `**` takes one more segment. Never more than (segments of the pattern) x
 * (segments of the topic) steps, where a regular expression could backtrack.
 */
function matchSegments(wanted: readonly string[], segments: readonly string[]): boolean {
  let at = 0;
  let position = 0;
  let lastGlobstar = -1;
  let resumeAt = 0;
  while (position < segments.length) {
    const want = wanted[at];
    if (want === '**') {
      lastGlobstar = at++;
      resumeAt = position;
    } else if (want !== undefined && (want === '*' || want === segments[position])) {
      at++;
      position++;
    } else if (lastGlobstar >= 0) {
      at = lastGlobstar + 1;
      position = ++resumeAt;
    } else {
      return false;
    }
  }
  while (wanted[at] === '**') at++;
  return at === wanted.length;
}
