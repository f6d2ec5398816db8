import { RE2JS, RE2JSException } from 're2js';

/** A regular expression of RE2, as CEL's `matches` takes it: its time is linear in the text, for every pattern. */
export interface Pattern {
  /** Whether it matches a part of the text. */
  test(text: string): boolean;
  /** Instructions of the compiled pattern: the maximum cost of one character of the text. */
  readonly size: number;
}

export type CompiledPattern = { readonly ok: true; readonly pattern: Pattern } | { readonly ok: false; readonly message: string };

const MAX_PATTERN_LENGTH = 512;
/** `(\pL{1,30}){1,30}` has 1,862. */
const MAX_PATTERN_SIZE = 2000;

export function compilePattern(source: string): CompiledPattern {
  if (source.length > MAX_PATTERN_LENGTH) return refuse(`it is longer than ${MAX_PATTERN_LENGTH} characters`);
  try {
    const compiled = RE2JS.compile(source);
    const size = compiled.programSize();
    if (size > MAX_PATTERN_SIZE) return refuse('its repetitions are too large');
    return { ok: true, pattern: { size, test: (text) => compiled.test(text) } };
  } catch (error) {
    if (error instanceof RE2JSException) return refuse(error.message);
    throw error;
  }
}

function refuse(reason: string): CompiledPattern {
  return { ok: false, message: `the regular expression is refused: ${reason}` };
}
