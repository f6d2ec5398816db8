import { Optional } from '@marcbachmann/cel-js';
import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator';
import { MAX_TEXT_LENGTH } from './bounded-functions.ts';
import { compileExpression, type Expression, ExpressionError, type Scope } from './expression.ts';
import type { ExpressionFault } from './expression-limits.ts';
import { RenderError } from './rule-set.ts';

/** A piece of a template: text, or the source of an expression and its start. */
export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'expression'; readonly source: string; readonly offset: number };

export type ParsedTemplate =
  | { readonly ok: true; readonly parts: readonly TemplatePart[] }
  | { readonly ok: false; readonly fault: ExpressionFault };

/** Text with `${...}` in it. */
export interface Template {
  /** Whether there is an expression in it. */
  readonly isRendered: boolean;
  /**
   * `null` only when the template is one whole `${...}` and its value is null.
   * @throws RenderError
   */
  render(rule: string, variables: Readonly<Record<string, unknown>>): string | null;
}

export type CompiledTemplate =
  | { readonly ok: true; readonly template: Template }
  | { readonly ok: false; readonly faults: readonly ExpressionFault[] };

/** Splits at `${` and its `}`; braces and quotes inside an expression are CEL's. `$${` is the text `${`. */
export function parseTemplate(text: string): ParsedTemplate {
  const parts: TemplatePart[] = [];
  let literal = '';
  let at = 0;
  while (at < text.length) {
    const next = text.indexOf('${', at);
    if (next === -1) break;
    if (next > at && text[next - 1] === '$') {
      literal += `${text.slice(at, next - 1)}\${`;
      at = next + 2;
      continue;
    }
    const end = findExpressionEnd(text, next + 2);
    if (end === -1) return { ok: false, fault: { message: '"${" has no closing "}"', offset: next } };
    literal += text.slice(at, next);
    if (literal !== '') parts.push({ kind: 'text', text: literal });
    literal = '';
    parts.push({ kind: 'expression', source: text.slice(next + 2, end), offset: next + 2 });
    at = end + 1;
  }
  literal += text.slice(at);
  if (literal !== '' || parts.length === 0) parts.push({ kind: 'text', text: literal });
  return { ok: true, parts };
}

export function compileTemplate(text: string, scope: Scope): CompiledTemplate {
  const parsed = parseTemplate(text);
  if (!parsed.ok) return { ok: false, faults: [parsed.fault] };
  const faults: ExpressionFault[] = [];
  const parts: (string | Expression)[] = [];
  for (const part of parsed.parts) {
    if (part.kind === 'text') {
      parts.push(part.text);
      continue;
    }
    const compiled = compileExpression(part.source, scope);
    if (compiled.ok) parts.push(compiled.expression);
    else faults.push(...compiled.faults.map(({ message, offset }) => ({ message, offset: part.offset + offset })));
  }
  return faults.length > 0 ? { ok: false, faults } : { ok: true, template: toTemplate(parts) };
}

function toTemplate(parts: readonly (string | Expression)[]): Template {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) {
    return typeof only === 'string'
      ? { isRendered: false, render: () => only }
      : { isRendered: true, render: (rule, variables) => renderExpression(only, rule, variables) };
  }
  return { isRendered: true, render: (rule, variables) => parts.map((part) => renderPart(part, rule, variables)).join('') };
}

function renderPart(part: string | Expression, rule: string, variables: Readonly<Record<string, unknown>>): string {
  if (typeof part === 'string') return part;
  const text = renderExpression(part, rule, variables);
  if (text === null) throw new RenderError(rule, part.source, 'it is null in the middle of a text');
  return text;
}

function renderExpression(expression: Expression, rule: string, variables: Readonly<Record<string, unknown>>): string | null {
  const refuse = (reason: string) => new RenderError(rule, expression.source, reason);
  let value: unknown;
  try {
    value = expression.evaluate(variables);
  } catch (error) {
    if (error instanceof ExpressionError) throw refuse(error.message);
    throw error;
  }
  const text = toText(value);
  if (text === undefined) throw refuse(`${kindOf(value)} cannot become a text`);
  // Checked before the string is used: a string that "+" built takes no memory until then.
  if (text !== null && text.length > MAX_TEXT_LENGTH) throw refuse(`the text is longer than ${MAX_TEXT_LENGTH} characters`);
  return text;
}

/** `undefined` when the value has no text: lists, maps, bytes, types, NaN and infinities. */
function toText(value: unknown): string | null | undefined {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  // BigInt writes whole numbers without an exponent.
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return undefined;
    return Number.isInteger(value) ? BigInt(value).toString() : String(value);
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (value instanceof Duration || value instanceof UnsignedInt) return value.toString();
  if (value instanceof Optional) return value.hasValue() ? toText(value.value()) : null;
  return undefined;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Uint8Array) return 'bytes';
  if (typeof value === 'number') return 'a number that is not finite';
  return 'a map or another structure';
}

/** The index of the `}` that ends the expression which begins at `start`, or -1. */
function findExpressionEnd(text: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const char = text[at];
    if (char === '"' || char === "'") {
      at = skipString(text, at, isRawPrefix(text, at, start));
      if (at === -1) return -1;
      continue;
    }
    if (char === '{') depth++;
    if (char === '}' && depth-- === 0) return at;
    at++;
  }
  return -1;
}

/** CEL's raw strings (`r"..."`) have no escapes. */
function isRawPrefix(text: string, quoteAt: number, start: number): boolean {
  return /(?<![A-Za-z0-9_])[rR]$/.test(text.slice(Math.max(start, quoteAt - 2), quoteAt));
}

/** The index after the string literal that begins at `at`, or -1 when it has no end. */
function skipString(text: string, at: number, isRaw: boolean): number {
  const quote = text[at] ?? '';
  const delimiter = text.startsWith(quote.repeat(3), at) ? quote.repeat(3) : quote;
  let position = at + delimiter.length;
  while (position < text.length) {
    if (text.startsWith(delimiter, position)) return position + delimiter.length;
    position += text[position] === '\\' && !isRaw ? 2 : 1;
  }
  return -1;
}
