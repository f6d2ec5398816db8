/**
 * Regular expressions whose running time is bounded before they run. JavaScript's engine backtracks, and a rule is
 * evaluated on text that strangers write, so an expression such as `(a+)+$` would stop the process.
 *
 * The algorithm: read the pattern as a sequence of pieces and bound the number of ways in which a backtracking engine can try to
 * match it, as `ways * length ^ degree`. A repetition may not hold a choice or another repetition, so the bound is
 * exact in its degree: each unbounded repetition adds one, and so does the search for the start when the pattern has no
 * leading `^`. From the bound follows the longest text that is matched within {@link MAX_STEPS}.
 */
export interface BoundedPattern {
  readonly regExp: RegExp;
  /** In UTF-16 units. */
  readonly maxTextLength: number;
}

export type BoundedPatternResult =
  | { readonly ok: true; readonly pattern: BoundedPattern }
  | { readonly ok: false; readonly fault: string };

/** About a tenth of a second. */
const MAX_STEPS = 3e7;
const MAX_TEXT_LENGTH = 65_536;
const MIN_TEXT_LENGTH = 64;
const MAX_PATTERN_LENGTH = 512;
const MAX_REPEAT = 1000;

/** How many ways: `ways * length ^ degree`. */
interface Bound {
  readonly ways: number;
  readonly degree: number;
}

class PatternFault extends Error {}

export function boundPattern(source: string): BoundedPatternResult {
  if (source.length > MAX_PATTERN_LENGTH) return refuse(`it is longer than ${MAX_PATTERN_LENGTH} characters`);
  let regExp: RegExp;
  try {
    regExp = new RegExp(source);
  } catch {
    return refuse('it is not valid');
  }
  try {
    return withinSteps(regExp, new PatternReader(source).readPattern());
  } catch (error) {
    if (error instanceof PatternFault) return refuse(error.message);
    throw error;
  }
}

function refuse(reason: string): BoundedPatternResult {
  return { ok: false, fault: `the regular expression is refused: ${reason}` };
}

function withinSteps(regExp: RegExp, bound: Bound): BoundedPatternResult {
  const longest = bound.degree === 0 ? MAX_TEXT_LENGTH : Math.floor((MAX_STEPS / bound.ways) ** (1 / bound.degree));
  if (bound.ways > MAX_STEPS || longest < MIN_TEXT_LENGTH) {
    return refuse('it has too many repetitions to be matched in bounded time (anchor it with ^, or use fewer of * + {n,})');
  }
  return { ok: true, pattern: { regExp, maxTextLength: Math.min(longest, MAX_TEXT_LENGTH) } };
}

const ONE: Bound = { ways: 1, degree: 0 };
/** A class ends at the first `]`: in JavaScript, other than in POSIX, `[]` matches nothing and `[^]` any character. */
const ATOM = /\\[^1-9k]|\[(?:\\.|[^\]\\])*\]|[^\\()|*+?]/suy;
const QUANTIFIER = /(?:[*+?]|\{(\d+)(,(\d*))?\})\??/y;

/** Recursive descent over a pattern that `RegExp` has accepted; groups nest no deeper than the pattern is long. */
class PatternReader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  readPattern(): Bound {
    const isAnchored = this.#source.startsWith('^');
    const { bound, alternatives } = this.#readAlternatives();
    if (this.#at < this.#source.length) throw new PatternFault('it is not understood');
    return isAnchored && alternatives === 1 ? bound : { ways: bound.ways, degree: bound.degree + 1 };
  }

  #readAlternatives(): { bound: Bound; alternatives: number } {
    let bound = this.#readSequence();
    let alternatives = 1;
    while (this.#source[this.#at] === '|') {
      this.#at++;
      alternatives++;
      const next = this.#readSequence();
      bound = { ways: bound.ways + next.ways, degree: Math.max(bound.degree, next.degree) };
    }
    return { bound, alternatives };
  }

  #readSequence(): Bound {
    let bound = ONE;
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at] ?? '')) {
      const piece = this.#readQuantifier(this.#readPiece());
      bound = { ways: bound.ways * piece.ways, degree: bound.degree + piece.degree };
    }
    return bound;
  }

  #readPiece(): Bound {
    if (this.#source[this.#at] !== '(') {
      if (this.#take(ATOM) === null) throw new PatternFault('back references are not allowed');
      return ONE;
    }
    this.#at++;
    if (this.#source.startsWith('?', this.#at)) {
      if (!this.#source.startsWith('?:', this.#at)) throw new PatternFault('of the groups only (...) and (?:...) are allowed');
      this.#at += 2;
    }
    const { bound } = this.#readAlternatives();
    this.#at++;
    return bound;
  }

  #readQuantifier(piece: Bound): Bound {
    const match = this.#take(QUANTIFIER);
    if (match === null) return piece;
    const [min, max] = repeatRange(match);
    if (max <= 1) return { ways: piece.ways + 1, degree: piece.degree };
    if (piece.ways > 1 || piece.degree > 0) {
      throw new PatternFault(
        'it repeats a group that holds an alternative or another repetition (for single characters use a class such as [ab]+)',
      );
    }
    if (max === Number.POSITIVE_INFINITY) return { ways: 1, degree: 1 };
    if (max > MAX_REPEAT) throw new PatternFault(`it repeats more than ${MAX_REPEAT} times`);
    return { ways: max - min + 1, degree: 0 };
  }

  #take(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.#at;
    const match = expression.exec(this.#source);
    if (match !== null) this.#at += match[0].length;
    return match;
  }
}

function repeatRange([text, min, comma, max]: RegExpExecArray): [min: number, max: number] {
  if (min === undefined) {
    if (text.startsWith('?')) return [0, 1];
    return [text.startsWith('+') ? 1 : 0, Number.POSITIVE_INFINITY];
  }
  if (comma === undefined) return [Number(min), Number(min)];
  return [Number(min), max === undefined || max === '' ? Number.POSITIVE_INFINITY : Number(max)];
}
