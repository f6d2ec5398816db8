import { Environment, EvaluationError } from '@marcbachmann/cel-js';
import type { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator';
import { compilePattern, type Pattern } from './pattern.ts';
import { findLastText, findText, splitText } from './text-search.ts';

/** The longest text that an expression may make; attribute values are far shorter. */
export const MAX_TEXT_LENGTH = 65_536;
/** How many elements a loop may run over, and `split` may make. A live conversation has some dozens of participants. */
export const MAX_ELEMENTS = 5000;
/** CEL's text of a duration has at most some dozens of characters; the library's parser takes cubic time. */
const MAX_DURATION_LENGTH = 64;
/** Of all `matches` of one evaluation: characters times instructions. 3 to 40 ns each. */
const MAX_MATCH_STEPS = 1_000_000;

const BOUNDED = 'bounded_';

/**
 * Functions of CEL whose implementation in the library is not linear in its inputs, or not CEL's. The library refuses another
 * implementation of its own names, so these have a prefix, and `expression-limits.ts` changes the name in the tree before
 * the tree is first checked. Its version is pinned for this reason.
 */
const METHODS = ['matches', 'contains', 'indexOf', 'lastIndexOf', 'split', 'join', 'lowerAscii', 'upperAscii'];
const FUNCTIONS = ['duration'];

/** The name under which a method or function is registered here, or `null` when the library's own is used. */
export function boundedName(name: string, kind: 'method' | 'function'): string | null {
  return (kind === 'method' ? METHODS : FUNCTIONS).includes(name) ? `${BOUNDED}${name}` : null;
}

/** Whether it is a name that only this file may make. */
export function isReservedName(name: string): boolean {
  return name.startsWith(BOUNDED);
}

/** Messages of the library name functions as the rule's author wrote them. */
export function withoutPrefix(message: string): string {
  return message.replaceAll(BOUNDED, '');
}

let matchSteps = 0;

/** Begins the account of an evaluation; evaluations are synchronous and never nest. */
export function startEvaluation(): void {
  matchSteps = 0;
}

export function registerBoundedFunctions(environment: Environment): void {
  const method = (signature: string, handler: (...args: never[]) => unknown) =>
    environment.registerFunction(signature.replace(/\.(\w+)\(/, `.${BOUNDED}$1(`), handler);
  method('string.matches(string): bool', matches);
  method('string.contains(string): bool', (text: string, part: string) => findText(text, part) !== -1);
  method('string.indexOf(string): int', (text: string, part: string) => BigInt(findText(text, part)));
  method('string.indexOf(string, int): int', (text: string, part: string, from: bigint) =>
    BigInt(findText(text, part, indexIn(text, from))),
  );
  method('string.lastIndexOf(string): int', (text: string, part: string) => BigInt(findLastText(text, part)));
  method('string.lastIndexOf(string, int): int', (text: string, part: string, from: bigint) =>
    BigInt(findLastText(text, part, indexIn(text, from))),
  );
  method('string.split(string): list<string>', (text: string, separator: string) => split(text, separator, -1n));
  method('string.split(string, int): list<string>', split);
  method('list<string>.join(): string', (list: readonly unknown[]) => join(list, ''));
  method('list<string>.join(string): string', join);
  method('string.lowerAscii(): string', (text: string) => text.replace(/[A-Z]+/g, (part) => part.toLowerCase()));
  method('string.upperAscii(): string', (text: string) => text.replace(/[a-z]+/g, (part) => part.toUpperCase()));
  environment.registerFunction(`${BOUNDED}duration(string): google.protobuf.Duration`, toDuration);
  environment.registerFunction(`${BOUNDED}duration(google.protobuf.Duration): google.protobuf.Duration`, (value) => value);
}

/** Conversions and operators of CEL that the library lacks. */
export function registerMissingFunctions(environment: Environment): void {
  const TIMESTAMP = 'google.protobuf.Timestamp';
  const DURATION = 'google.protobuf.Duration';
  environment.registerFunction('int(uint): int', (value: UnsignedInt) => value.valueOf());
  environment.registerFunction(`int(${TIMESTAMP}): int`, (value: Date) => BigInt(Math.floor(value.getTime() / 1000)));
  environment.registerFunction(`string(${TIMESTAMP}): string`, (value: Date) => value.toISOString().replace(/\.?0*Z$/, 'Z'));
  environment.registerFunction(`string(${DURATION}): string`, (value: Duration) => value.toString());
  environment.registerFunction(`timestamp(${TIMESTAMP}): ${TIMESTAMP}`, (value) => value);
}

function textTooLong(limit: number): EvaluationError {
  return new EvaluationError({
    code: 'text_too_long',
    message: `the text is longer than ${limit} characters, the most allowed here`,
  });
}

/** Only patterns that were checked when the rules were loaded come here, and each is compiled once. */
const patterns = new Map<string, Pattern>();

function matches(text: string, source: string): boolean {
  let pattern = patterns.get(source);
  if (pattern === undefined) {
    const compiled = compilePattern(source);
    if (!compiled.ok) throw new EvaluationError({ code: 'invalid_regular_expression', message: compiled.message });
    pattern = compiled.pattern;
    patterns.set(source, pattern);
  }
  matchSteps += text.length * pattern.size;
  if (matchSteps > MAX_MATCH_STEPS) {
    throw new EvaluationError({ code: 'too_much_text', message: 'there is too much text for its regular expressions' });
  }
  return pattern.test(text);
}

function indexIn(text: string, from: bigint): number {
  if (from < 0n || from > BigInt(text.length))
    throw new EvaluationError({ code: 'index_out_of_range', message: 'index out of range' });
  return Number(from);
}

/** As in CEL: a limit of 0 makes no part, a negative one is none. */
function split(text: string, separator: string, limit: bigint): string[] {
  if (limit === 0n) return [];
  const most = limit < 0n || limit > BigInt(MAX_ELEMENTS) ? MAX_ELEMENTS + 1 : Number(limit);
  const parts = splitText(text, separator, most);
  if (parts.length > MAX_ELEMENTS) throw new EvaluationError({ code: 'too_many_parts', message: 'too many parts' });
  return parts;
}

function join(list: readonly unknown[], separator: string): string {
  let length = 0;
  for (const item of list) {
    if (typeof item !== 'string') throw new EvaluationError({ code: 'invalid_list_element_type', message: 'not a string' });
    length += item.length + separator.length;
    if (length > MAX_TEXT_LENGTH) throw textTooLong(MAX_TEXT_LENGTH);
  }
  return list.join(separator);
}

const parseDuration = new Environment().registerVariable('text', 'string').parse('duration(text)');

function toDuration(text: string): Duration {
  if (text.length > MAX_DURATION_LENGTH) throw new EvaluationError({ code: 'invalid_duration', message: 'invalid duration' });
  return parseDuration({ text }) as Duration;
}
