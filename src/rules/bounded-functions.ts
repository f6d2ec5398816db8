import { Environment, EvaluationError } from '@marcbachmann/cel-js';
import type { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator';
import { compilePattern, type Pattern } from './pattern.ts';
import { findLastText, findText, splitText } from './text-search.ts';
import { type ClockTime, clockTimeIn } from './time-zone.ts';

/** The longest text that an expression may build; attribute values are far shorter. */
export const MAX_TEXT_LENGTH = 65_536;
/** How many elements a loop may run over, and `split` may return. A live conversation has some dozens of participants. */
export const MAX_ELEMENTS = 5000;
/** CEL's text of a duration has at most some dozens of characters; the library's parser takes cubic time. */
const MAX_DURATION_LENGTH = 64;
/** The budget of one evaluation: characters that functions read, each some 10 ns. */
const MAX_STEPS = 4_000_000;
/** The cost of each character and instruction of a pattern. */
const MATCH_STEPS = 4;
const TIME_ZONE_STEPS = 4000;

const BOUNDED = 'bounded_';

/**
 * Functions of CEL whose implementation in the library is not linear in its inputs, differs from CEL, or is slow on long texts.
 * The library refuses another implementation of its own names, so these have a mark. `expression-limits.ts` changes the name in
 * the tree before the tree is first checked. The library's version is pinned for this reason.
 */
const METHODS = new Set([
  ...['matches', 'contains', 'indexOf', 'lastIndexOf', 'split', 'join'],
  ...['lowerAscii', 'upperAscii', 'trim', 'size'],
]);
const FUNCTIONS = new Set(['duration', 'size']);

/** The methods of a timestamp that take a time zone. */
const CLOCK_METHODS: Readonly<Record<string, (time: ClockTime) => number>> = {
  getFullYear: ({ year }) => year,
  getMonth: ({ month }) => month - 1,
  getDate: ({ day }) => day,
  getDayOfMonth: ({ day }) => day - 1,
  getDayOfWeek: ({ year, month, day }) => new Date(Date.UTC(year, month - 1, day)).getUTCDay(),
  getDayOfYear: ({ year, month, day }) => (Date.UTC(year, month - 1, day) - Date.UTC(year, 0, 1)) / 86_400_000,
  getHours: ({ hour }) => hour,
  getMinutes: ({ minute }) => minute,
  getSeconds: ({ second }) => second,
};

/** The name under which a method or function is registered here; the library's own name if its implementation is used. */
export function boundedName(name: string, kind: 'method' | 'function', argumentCount: number): string {
  const isClock = Object.hasOwn(CLOCK_METHODS, name) && argumentCount === 1;
  const isOurs = kind === 'function' ? FUNCTIONS.has(name) : METHODS.has(name) || isClock;
  return isOurs ? `${BOUNDED}${name}` : name;
}

/** Whether only this file may create the name. */
export function isReservedName(name: string): boolean {
  return name.startsWith(BOUNDED);
}

/** Messages of the library with functions named as the rule's author wrote them. */
export function withoutPrefix(message: string): string {
  return message.replaceAll(BOUNDED, '');
}

let steps = 0;

/** Starts the budget of an evaluation; evaluations are synchronous and never nest. */
export function startEvaluation(): void {
  steps = 0;
}

function charge(count: number): void {
  steps += count;
  if (steps > MAX_STEPS) throw failure('too_much_text', 'there is too much text for its functions');
}

function failure(code: string, message: string): EvaluationError {
  return new EvaluationError({ code, message });
}

export function registerBoundedFunctions(environment: Environment): void {
  const method = (signature: string, handler: (...args: never[]) => unknown) =>
    environment.registerFunction(signature.replace(/\.(\w+)\(/, `.${BOUNDED}$1(`), handler);
  method('string.matches(string): bool', matches);
  method('string.contains(string): bool', (text: string, part: string) => find(text, part) !== -1n);
  method('string.indexOf(string): int', find);
  method('string.indexOf(string, int): int', find);
  method('string.lastIndexOf(string): int', findLast);
  method('string.lastIndexOf(string, int): int', findLast);
  method('string.split(string): list<string>', split);
  method('string.split(string, int): list<string>', split);
  method('list<string>.join(): string', join);
  method('list<string>.join(string): string', join);
  method('string.lowerAscii(): string', (text: string) => mapAscii(text, /[A-Z]+/g, (part) => part.toLowerCase()));
  method('string.upperAscii(): string', (text: string) => mapAscii(text, /[a-z]+/g, (part) => part.toUpperCase()));
  method('string.trim(): string', trim);
  for (const [name, field] of Object.entries(CLOCK_METHODS)) {
    const signature = `google.protobuf.Timestamp.${BOUNDED}${name}(string): int`;
    environment.registerFunction(signature, (time: Date, zone: string) => clockField(time, zone, field));
  }
  registerSize(environment);
  environment.registerFunction(`${BOUNDED}duration(string): google.protobuf.Duration`, toDuration);
  environment.registerFunction(`${BOUNDED}duration(google.protobuf.Duration): google.protobuf.Duration`, (value) => value);
}

function registerSize(environment: Environment): void {
  const sizes: Readonly<Record<string, (value: never) => number>> = {
    string: textSize,
    bytes: (value: Uint8Array) => value.length,
    list: (value: readonly unknown[] | ReadonlySet<unknown>) => ('size' in value ? value.size : value.length),
    map: (value: ReadonlyMap<unknown, unknown> | object) => (value instanceof Map ? value.size : Object.keys(value).length),
  };
  for (const [type, size] of Object.entries(sizes)) {
    environment.registerFunction(`${BOUNDED}size(${type}): int`, (value) => BigInt(size(value as never)));
    environment.registerFunction(`${type}.${BOUNDED}size(): int`, (value) => BigInt(size(value as never)));
  }
}

/** Conversions of CEL that the library lacks. */
export function registerMissingFunctions(environment: Environment): void {
  const TIMESTAMP = 'google.protobuf.Timestamp';
  const DURATION = 'google.protobuf.Duration';
  environment.registerFunction('int(uint): int', (value: UnsignedInt) => value.valueOf());
  environment.registerFunction(`int(${TIMESTAMP}): int`, (value: Date) => BigInt(Math.floor(value.getTime() / 1000)));
  environment.registerFunction(`string(${TIMESTAMP}): string`, (value: Date) => value.toISOString().replace(/\.?0*Z$/, 'Z'));
  environment.registerFunction(`string(${DURATION}): string`, (value: Duration) => value.toString());
  environment.registerFunction(`timestamp(${TIMESTAMP}): ${TIMESTAMP}`, (value) => value);
}

/** Only patterns that were checked when the rules were loaded reach this function, and each is compiled once. */
const patterns = new Map<string, Pattern>();

function matches(text: string, source: string): boolean {
  let pattern = patterns.get(source);
  if (pattern === undefined) {
    const compiled = compilePattern(source);
    if (!compiled.ok) throw failure('invalid_regular_expression', compiled.message);
    pattern = compiled.pattern;
    patterns.set(source, pattern);
  }
  charge(text.length * pattern.size * MATCH_STEPS);
  return pattern.test(text);
}

function find(text: string, part: string, from = 0n): bigint {
  charge(text.length + part.length);
  return BigInt(findText(text, part, indexIn(text, from)));
}

function findLast(text: string, part: string, from = BigInt(text.length)): bigint {
  charge(text.length + part.length);
  return BigInt(findLastText(text, part, indexIn(text, from)));
}

function indexIn(text: string, from: bigint): number {
  if (from >= 0n && from <= BigInt(text.length)) return Number(from);
  throw failure('index_out_of_range', 'index out of range');
}

/** As in CEL: a limit of 0 returns no part, a negative limit is no limit. */
function split(text: string, separator: string, limit = -1n): string[] {
  charge(text.length + separator.length);
  if (limit === 0n) return [];
  const most = limit < 0n || limit > BigInt(MAX_ELEMENTS) ? MAX_ELEMENTS + 1 : Number(limit);
  const parts = splitText(text, separator, most);
  if (parts.length > MAX_ELEMENTS) throw failure('too_many_parts', 'too many parts');
  return parts;
}

function join(list: readonly unknown[], separator = ''): string {
  let length = 0;
  for (const item of list) {
    if (typeof item !== 'string') throw failure('invalid_list_element_type', 'not a string');
    length += item.length + separator.length;
    if (length > MAX_TEXT_LENGTH) {
      throw failure('text_too_long', `the text is longer than ${MAX_TEXT_LENGTH} characters, the most allowed here`);
    }
  }
  return list.join(separator);
}

function mapAscii(text: string, letters: RegExp, change: (part: string) => string): string {
  charge(text.length);
  return text.replace(letters, change);
}

/** Unicode's white space, which differs from the white space that JavaScript trims. */
const WHITE_SPACE = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

function trim(text: string): string {
  charge(text.length);
  let begin = 0;
  let end = text.length;
  while (begin < end && WHITE_SPACE.test(text.charAt(begin))) begin++;
  while (end > begin && WHITE_SPACE.test(text.charAt(end - 1))) end--;
  return text.slice(begin, end);
}

/** In code points, as CEL counts. */
function textSize(text: string): number {
  charge(text.length);
  let size = 0;
  for (let at = 0; at < text.length; at++) {
    if ((text.codePointAt(at) ?? 0) > 0xffff) at++;
    size++;
  }
  return size;
}

function clockField(time: Date, zone: string, field: (time: ClockTime) => number): bigint {
  charge(TIME_ZONE_STEPS);
  return BigInt(field(clockTimeIn(time, zone)));
}

const parseDuration = new Environment().registerVariable('text', 'string').parse('duration(text)');

function toDuration(text: string): Duration {
  if (text.length > MAX_DURATION_LENGTH) throw failure('invalid_duration', 'invalid duration');
  return parseDuration({ text }) as Duration;
}
