import { isUtf8 } from 'node:buffer';
import { EnvelopeError } from './envelope-error.ts';

/**
 * Deeper than any vendor's event, and far from where recursion (ours, or `JSON.stringify` when the entry is stored)
 * would exhaust the stack; `JSON.parse` itself has no such limit.
 */
const MAXIMUM_DEPTH = 100;

/** The JSON value of a body. @throws EnvelopeError `not-utf8`, `not-json`, `nesting-too-deep` */
export function decodeJson(raw: Buffer): unknown {
  return parseJson(decodeText(raw));
}

/** @throws EnvelopeError `not-utf8` */
export function decodeText(raw: Buffer): string {
  if (!isUtf8(raw)) throw new EnvelopeError('not-utf8', 'The body must be UTF-8.');
  return raw.toString('utf8');
}

/**
 * The JSON value of a text. A member named `__proto__` is dropped at every level: no vendor sends one, and code that later copies
 * the object must not see it. Of duplicate keys the last counts, as everywhere in JavaScript.
 *
 * @throws EnvelopeError `not-json`, `nesting-too-deep`
 */
export function parseJson(text: string): unknown {
  const value = parse(text);
  makeSafe(value, MAXIMUM_DEPTH);
  return value;
}

/**
 * What a data action or a workflow sends for a variable without a value: nothing, or the variable itself (`${input.userId}`,
 * `$!{input.userId}`, `$input.userId`, `$esc.jsonString(${input.userId})`). No other value of a field that we read starts with
 * `$`.
 */
const NO_VALUE = /^\s*(?:\$!?(?:\{[^{}]*\}|[A-Za-z_][\w.]*(?:\([^()]*\))?)\s*)?$/;

/** The value, or `null` where there is none: `null`, `undefined`, blank text, or a variable that nobody replaced. */
export function presentOrNull(value: unknown): unknown {
  if (typeof value === 'string' && mayBeNoValue(value) && NO_VALUE.test(value)) return null;
  return value ?? null;
}

/** Nearly every text begins with a letter, a digit or `+`, and then needs no regular expression. */
function mayBeNoValue(text: string): boolean {
  const first = text.charCodeAt(0);
  return !(first > DOLLAR && first < BEYOND_ASCII);
}

const DOLLAR = 0x24;
const BEYOND_ASCII = 0x80;

/** The text; `null` for any other type and for text that stands for no value. */
export function textOrNull(value: unknown): string | null {
  const present = presentOrNull(value);
  return typeof present === 'string' ? present : null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The engine's message quotes the body.
    throw new EnvelopeError('not-json', 'The body must be JSON.');
  }
}

function makeSafe(value: unknown, depthLeft: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depthLeft === 0) throw new EnvelopeError('nesting-too-deep', `The body may nest ${MAXIMUM_DEPTH} levels deep.`);
  if (Array.isArray(value)) {
    for (const element of value) makeSafe(element, depthLeft - 1);
    return;
  }
  const members = value as Record<string, unknown>;
  for (const name in members) {
    if (name === '__proto__') delete members[name];
    else makeSafe(members[name], depthLeft - 1);
  }
}
