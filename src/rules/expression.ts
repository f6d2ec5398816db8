import { type ASTNode, Environment, EvaluationError, ParseError, type ParseResult } from '@marcbachmann/cel-js';
import { type BoundedPattern, boundPattern } from './bounded-pattern.ts';
import { type ExpressionFault, JOIN_WITHIN, limitExpression, MATCHES_WITHIN, SPLIT_WITHIN } from './expression-limits.ts';
import { didYouMean } from './nearest-name.ts';

/** Where an expression stands, which decides what it may read. */
export type Scope = 'condition' | 'target' | 'action';

const VARIABLES: Readonly<Record<Scope, readonly string[]>> = {
  condition: ['event'],
  target: ['event', 'trace', 'conversation', 'rule'],
  action: ['event', 'trace', 'conversation', 'participant', 'rule'],
};

/** A compiled CEL expression. */
export interface Expression {
  readonly source: string;
  /** CEL's values: string, bigint, number, boolean, null, Date, array, plain object and the library's own classes. @throws ExpressionError */
  evaluate(variables: Readonly<Record<string, unknown>>): unknown;
}

/** Why an expression could not be evaluated. The message never holds a value that the expression read. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

export type CompiledExpression =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly faults: readonly ExpressionFault[] };

const MAX_EXPRESSION_LENGTH = 4096;
/** A live conversation has some dozens of participants with some communications each. */
const MAX_LOOP_ELEMENTS = 5000;
const MAX_RESOURCE_KEYS = 200;
/** The longest text that an expression may make; attribute values are far shorter. */
export const MAX_TEXT_LENGTH = 65_536;

/** `condition` must be a bool; the type of the others is open. */
export function compileExpression(source: string, scope: Scope): CompiledExpression {
  if (source.trim() === '') return failed('the expression is empty', 0);
  if (source.length > MAX_EXPRESSION_LENGTH)
    return failed(`the expression is longer than ${MAX_EXPRESSION_LENGTH} characters`, 0);
  let parsed: ParseResult;
  try {
    parsed = ENVIRONMENTS[scope].parse(source);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return failed(error.summary, error.range?.start ?? 0);
  }
  const limits = limitExpression(parsed.ast);
  const faults = [...limits.faults, ...findTypeFaults(parsed, scope)];
  return faults.length > 0 ? { ok: false, faults } : { ok: true, expression: toExpression(source, parsed, limits.hasLoop) };
}

function failed(message: string, offset: number): CompiledExpression {
  return { ok: false, faults: [{ message, offset }] };
}

function findTypeFaults(parsed: ParseResult, scope: Scope): ExpressionFault[] {
  const { valid, type = 'dyn', error } = parsed.check();
  if (!valid) {
    const summary = error?.summary ?? 'it is not valid';
    const unknown = /^Unknown variable: (\w+)$/.exec(summary)?.[1];
    const message = unknown === undefined ? summary : unknownVariable(unknown, scope);
    return [{ message, offset: error?.range?.start ?? 0 }];
  }
  if (scope !== 'condition' || type === 'bool' || type === 'dyn') return [];
  return [{ message: `a condition must be a bool, this is of type ${type}`, offset: 0 }];
}

function unknownVariable(name: string, scope: Scope): string {
  const allowed = VARIABLES[scope];
  if (VARIABLES.action.includes(name)) {
    const place = scope === 'condition' ? 'in a condition' : 'while the target is resolved';
    return `"${name}" is not known ${place} (allowed: ${allowed.join(', ')})`;
  }
  return `unknown variable "${name}"${didYouMean(name, allowed)} (allowed: ${allowed.join(', ')})`;
}

function toExpression(source: string, parsed: ParseResult, hasLoop: boolean): Expression {
  return {
    source,
    evaluate(variables) {
      if (hasLoop && countElements(variables) > MAX_LOOP_ELEMENTS) {
        throw new ExpressionError(`its data has more than ${MAX_LOOP_ELEMENTS} list elements, the most that a loop is allowed`);
      }
      try {
        return parsed(variables);
      } catch (error) {
        return retryWithMaps(parsed, variables, error);
      }
    },
  };
}

/** Elements of all lists, and keys of maps too large to be a resource; it stops counting beyond {@link MAX_LOOP_ELEMENTS}. */
function countElements(variables: Readonly<Record<string, unknown>>): number {
  let count = 0;
  const waiting: unknown[] = Object.values(variables);
  while (waiting.length > 0 && count <= MAX_LOOP_ELEMENTS) {
    const value = waiting.pop();
    if (typeof value !== 'object' || value === null) continue;
    const inner = Object.values(value);
    if (Array.isArray(value) || inner.length > MAX_RESOURCE_KEYS) count += inner.length;
    for (const item of inner) waiting.push(item);
  }
  return count;
}

/**
 * The library tells plain objects by their `constructor`, so data with a key of that name fails as an unsupported type. Such data
 * is rare and is tried again with Maps, which hold any key; nobody else pays for it.
 */
function retryWithMaps(parsed: ParseResult, variables: Readonly<Record<string, unknown>>, error: unknown): unknown {
  const isUnsupported = error instanceof EvaluationError ? error.code === 'unsupported_type' : error instanceof TypeError;
  if (!isUnsupported) throw new ExpressionError(reasonOf(error));
  try {
    return parsed(Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, toMaps(value)])));
  } catch (again) {
    throw new ExpressionError(reasonOf(again));
  }
}

function toMaps(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(toMaps);
  return new Map(Object.entries(value).map(([key, inner]) => [key, toMaps(inner)]));
}

/** Codes whose text names types and limits only. The text of the others can hold a value. */
const SAFE_SUMMARIES = new Set([
  'no_such_overload',
  'no_matching_overload',
  'invalid_condition_type',
  'invalid_logical_operand',
  'optional_value_missing',
  'text_too_long',
]);

function reasonOf(error: unknown): string {
  if (!(error instanceof EvaluationError)) return 'it cannot be evaluated';
  if (SAFE_SUMMARIES.has(error.code)) return error.summary;
  if (error.code === 'no_such_key') return missingKey(error.node);
  return error.code.replaceAll('_', ' ');
}

/** Only a key that is written in the rule is named: `a.key`, not `a[event.key]`. */
function missingKey(node: ASTNode | undefined): string {
  return node?.op === '.' ? `there is no "${node.args[1]}"` : 'no such key';
}

function textTooLong(limit: number): EvaluationError {
  return new EvaluationError({
    code: 'text_too_long',
    message: `the text is longer than ${limit} characters, the most allowed here`,
  });
}

/** Only patterns that were checked when the rules were loaded come here, and each is bounded once. */
const boundedPatterns = new Map<string, BoundedPattern>();

function matchesWithin(text: string, source: string): boolean {
  let pattern = boundedPatterns.get(source);
  if (pattern === undefined) {
    const result = boundPattern(source);
    if (!result.ok) throw new EvaluationError({ code: 'invalid_regular_expression', message: result.fault });
    pattern = result.pattern;
    boundedPatterns.set(source, pattern);
  }
  if (text.length > pattern.maxTextLength) throw textTooLong(pattern.maxTextLength);
  return pattern.regExp.test(text);
}

function joinWithin(list: readonly unknown[], separator: string): string {
  let length = 0;
  for (const item of list) {
    if (typeof item !== 'string') throw new EvaluationError({ code: 'invalid_list_element_type', message: 'not a string' });
    length += item.length + separator.length;
    if (length > MAX_TEXT_LENGTH) throw textTooLong(MAX_TEXT_LENGTH);
  }
  return list.join(separator);
}

function splitWithin(text: string, separator: string, limit = BigInt(MAX_LOOP_ELEMENTS)): string[] {
  const parts = text.split(separator, MAX_LOOP_ELEMENTS + 1);
  if (parts.length > MAX_LOOP_ELEMENTS) throw new EvaluationError({ code: 'too_many_parts', message: 'too many parts' });
  const kept = Number(limit);
  // As in CEL: what is beyond the limit stays together in the last part; a negative limit is none.
  if (kept < 0 || parts.length <= kept) return parts;
  return kept === 0 ? [] : [...parts.slice(0, kept - 1), parts.slice(kept - 1).join(separator)];
}

/**
 * JSON has one kind of number, which CEL reads as double, and `event.body.count + 1` would fail for mixing double and int.
 * Comparisons mix already; here the arithmetic does.
 */
function createEnvironment(scope: Scope): Environment {
  const environment = new Environment({
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 500, maxDepth: 40, maxListElements: 200, maxMapEntries: 50 },
  });
  for (const name of VARIABLES[scope]) environment.registerVariable(name, 'map<string, dyn>');
  environment.registerFunction(`string.${MATCHES_WITHIN}(string): bool`, matchesWithin);
  environment.registerFunction(`list<string>.${JOIN_WITHIN}(): string`, (list) => joinWithin(list, ''));
  environment.registerFunction(`list<string>.${JOIN_WITHIN}(string): string`, joinWithin);
  environment.registerFunction(`string.${SPLIT_WITHIN}(string): list<string>`, (text, separator) => splitWithin(text, separator));
  environment.registerFunction(`string.${SPLIT_WITHIN}(string, int): list<string>`, splitWithin);
  registerMixedArithmetic(environment);
  return environment;
}

const ARITHMETIC: Readonly<Record<string, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
};

function registerMixedArithmetic(environment: Environment): void {
  for (const [operator, compute] of Object.entries(ARITHMETIC)) {
    environment.registerOperator(`double ${operator} int: double`, (left: number, right: bigint) => compute(left, Number(right)));
    environment.registerOperator(`int ${operator} double: double`, (left: bigint, right: number) => compute(Number(left), right));
  }
}

const ENVIRONMENTS: Readonly<Record<Scope, Environment>> = {
  condition: createEnvironment('condition'),
  target: createEnvironment('target'),
  action: createEnvironment('action'),
};
