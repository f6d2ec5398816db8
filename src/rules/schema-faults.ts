import { z } from 'zod';
import { didYouMean } from './nearest-name.ts';

/** A hostile command can have any number of unknown keys, each of any length. */
const MAX_REPORTED_KEYS = 20;
const MAX_SHOWN_KEY_LENGTH = 64;

/** A key in the form for messages. */
export function shorten(key: string): string {
  return key.length > MAX_SHOWN_KEY_LENGTH ? `${key.slice(0, MAX_SHOWN_KEY_LENGTH)}...` : key;
}

/**
 * An object that refuses unknown keys and reports the allowed ones: one line of the message for each of the issue's keys, in
 * their order.
 */
export function strictObject<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const allowed = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys
            .slice(0, MAX_REPORTED_KEYS)
            .map((key) => unknownKey(key, allowed))
            .join('\n')
        : undefined,
  });
}

/** How many of the mutually exclusive properties the map has. */
function countOf(value: unknown, names: readonly string[]): number {
  return presentOf(value, names).length;
}

function foundOf(value: unknown, names: readonly string[]): string {
  return presentOf(value, names).join(' and ');
}

function presentOf(value: unknown, names: readonly string[]): string[] {
  return names.filter((name) => (value as Record<string, unknown>)[name] !== undefined);
}

/** For checks that run on a map even if a property of it is wrong, so that all problems are found at once. */
export const hasMap = (payload: { value: unknown }) => typeof payload.value === 'object' && payload.value !== null;

/** Reports a problem even if a property of the same map is wrong too. */
export function exactlyOne(names: readonly string[], hintForSeveral = '') {
  const hintOf = (input: unknown) => (countOf(input, names) > 1 ? hintForSeveral : '');
  return z.refine((value) => countOf(value, names) === 1, {
    error: ({ input }) =>
      `exactly one of ${names.join(', ')} is needed, found ${foundOf(input, names) || 'none'}${hintOf(input)}`,
    when: hasMap,
  });
}

/** Two keys that are only valid together. */
export function together(first: string, second: string) {
  return z.refine((value) => countOf(value, [first]) === countOf(value, [second]), {
    error: `${first} and ${second} are given together`,
    when: hasMap,
  });
}

/** The same rule for editors. */
export function requireOneOf(names: readonly string[]): { oneOf: { required: string[] }[] } {
  return { oneOf: names.map((name) => ({ required: [name] })) };
}

const TO_THE_RULE = 'to the rule, next to "when"';

/** Where keys of a rule belong that are often written one level too high or too low. */
const HOMES: Readonly<Record<string, string>> = {
  topic: 'into "when"',
  if: 'into "when"',
  maxAge: 'into "when"',
  onlyIf: TO_THE_RULE,
  mode: TO_THE_RULE,
  target: TO_THE_RULE,
  actions: TO_THE_RULE,
  purpose: 'into "target"',
};

function unknownKey(key: string, allowed: readonly string[]): string {
  const hint = didYouMean(key, allowed) || (Object.hasOwn(HOMES, key) ? ` (it belongs ${HOMES[key]})` : '');
  return `unknown key "${shorten(key)}"${hint} (allowed: ${allowed.join(', ')})`;
}

/** One problem and its position. */
export interface LocatedIssue {
  readonly path: readonly (string | number)[];
  /** Whether the problem is in the last key of the path and not in its value. */
  readonly atKey: boolean;
  /** The position in the text of the key or value, in UTF-16 units. */
  readonly offset: number;
  readonly message: string;
}

/** zod's issues, one for each problem, in words that name the value found and the allowed values. */
export function locateIssues(issues: readonly z.core.$ZodIssue[]): LocatedIssue[] {
  return issues.flatMap((issue) => locateIssue(issue, []));
}

function locateIssue(issue: z.core.$ZodIssue, base: readonly (string | number)[]): LocatedIssue[] {
  const path = [...base, ...(issue.path as (string | number)[])];
  if (issue.code === 'unrecognized_keys') {
    const lines = issue.message.split('\n');
    return issue.keys.slice(0, MAX_REPORTED_KEYS).map((key, index) => ({
      path: [...path, key],
      atKey: true,
      offset: 0,
      message: lines[index] ?? issue.message,
    }));
  }
  if (issue.code === 'invalid_union') {
    // The alternative of the right type, if there is one, has the most useful issue.
    const fitting = issue.errors.find(
      (issues) => !issues.some((inner) => inner.code === 'invalid_type' && inner.path.length === 0),
    );
    if (fitting !== undefined) return fitting.flatMap((inner) => locateIssue(inner, path));
  }
  if (issue.code === 'invalid_key') {
    return issue.issues.map((inner) => ({ path, atKey: true, offset: offsetOf(inner), message: inner.message }));
  }
  return [{ path, atKey: false, offset: offsetOf(issue), message: issue.message }];
}

function offsetOf(issue: z.core.$ZodIssue): number {
  const offset = issue.code === 'custom' ? issue.params?.offset : undefined;
  return typeof offset === 'number' ? offset : 0;
}

/** The depth of the schemas, with a margin; the schemas refuse deeper values. */
const MAX_DEPTH = 8;

/** Keys named `__proto__`, which zod drops silently. */
export function findPrototypeKeys(value: unknown, path: readonly (string | number)[] = []): LocatedIssue[] {
  if (typeof value !== 'object' || value === null || path.length > MAX_DEPTH) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const innerPath = [...path, Array.isArray(value) ? Number(key) : key];
    if (key !== '__proto__') return findPrototypeKeys(inner, innerPath);
    return [{ path: innerPath, atKey: true, offset: 0, message: 'a key cannot be named "__proto__"' }];
  });
}

/** The texts for zod's own issues; for `safeParse(value, { error: describeIssue })`. */
export function describeIssue(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') {
    const name = issue.path?.at(-1);
    if (issue.input === undefined)
      return `${typeof name === 'string' ? `"${name}"` : 'a value'} is missing (expected ${nameOf(issue.expected)})`;
    return `expected ${nameOf(issue.expected)}, found ${kindOf(issue.input)}`;
  }
  if (issue.code === 'invalid_union') {
    const name = issue.path?.at(-1);
    if (issue.input === undefined && typeof name === 'string')
      return `"${name}" is missing (expected ${expectedOf(issue.errors)})`;
    return `expected ${expectedOf(issue.errors)}, found ${kindOf(issue.input)}`;
  }
  if (issue.code === 'invalid_value') return `expected one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
  if (issue.code === 'too_small')
    return issue.origin === 'string' ? 'it must not be empty' : 'it is empty; at least one is needed';
  return undefined;
}

function expectedOf(alternatives: readonly z.core.$ZodIssue[][]): string {
  return alternatives
    .flatMap((issues) => issues.flatMap((issue) => (issue.code === 'invalid_type' ? [nameOf(issue.expected)] : [])))
    .join(' or ');
}

/** As {@link describeIssue}, for a file in YAML: with what most likely went wrong there. */
export function describeYamlIssue(issue: z.core.$ZodRawIssue): string | undefined {
  const described = describeIssue(issue);
  if (issue.code !== 'invalid_type' || issue.input === undefined) return described;
  const isStructure = TYPE_NAMES[issue.expected] !== undefined;
  if (isStructure && issue.input === null) return `${described}; indent the lines below it that belong to it`;
  if (issue.expected === 'array' && typeof issue.input === 'object') return `${described}; begin each element with "- "`;
  return described;
}

/** YAML's words for zod's. */
const TYPE_NAMES: Readonly<Record<string, string>> = { array: 'a list', object: 'a map', record: 'a map' };

function nameOf(type: string): string {
  return TYPE_NAMES[type] ?? `a ${type}`;
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing (null)';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : `a ${typeof value}`;
}
