import { type ASTNode, Environment, EvaluationError, ParseError, type ParseResult } from '@marcbachmann/cel-js';
import {
  MAX_ELEMENTS,
  registerBoundedFunctions,
  registerMissingFunctions,
  startEvaluation,
  withoutPrefix,
} from './bounded-functions.ts';
import { type ExpressionFault, type ExpressionLimits, limitExpression } from './expression-limits.ts';
import { didYouMean } from './nearest-name.ts';

/** The place of an expression, which determines what it may read. */
export type Scope = 'condition' | 'onlyIf' | 'target' | 'action';

const VARIABLES: Readonly<Record<Scope, readonly string[]>> = {
  condition: ['event'],
  onlyIf: ['event', 'trace', 'conversation', 'participant'],
  target: ['event', 'trace', 'conversation', 'rule'],
  action: ['event', 'trace', 'conversation', 'participant', 'rule'],
};

/** A compiled CEL expression. */
export interface Expression {
  readonly source: string;
  /**
   * Returns CEL's values: string, bigint, number, boolean, null, Date, array, plain object and the library's own classes. @throws
   * ExpressionError
   */
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
const MAX_RESOURCE_KEYS = 200;
/** Elements times the size of the data, in list elements and stretches of 64 characters; some 50 ns each. */
const MAX_REPEATED_WORK = 1_000_000;
const CHARACTERS_OF_AN_ELEMENT = 64;

/** `condition` must be a bool; the type of the others is open. */
export function compileExpression(source: string, scope: Scope): CompiledExpression {
  if (source.trim() === '') return failed('the expression is empty', 0);
  if (source.length > MAX_EXPRESSION_LENGTH)
    return failed(`the expression is longer than ${MAX_EXPRESSION_LENGTH} characters`, 0);
  return compileIn(ENVIRONMENTS[scope], source, scope);
}

/** As {@link compileExpression}, with the variables of an environment made by {@link createEnvironment}. */
export function compileIn(environment: Environment, source: string, scope: Scope): CompiledExpression {
  let parsed: ParseResult;
  try {
    parsed = environment.parse(source);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const foreign = findForeignOperators(source);
    if (foreign.length > 0) return { ok: false, faults: foreign };
    return failed(plainSyntax(error.summary), error.range?.start ?? 0);
  }
  const limits = limitExpression(parsed.ast);
  const faults = [...limits.faults, ...findTypeFaults(parsed, source, scope)];
  return faults.length > 0 ? { ok: false, faults } : { ok: true, expression: toExpression(source, parsed, limits) };
}

/** Spellings of people who know another language. */
const OPERATORS: Readonly<Record<string, string>> = {
  '=': '==',
  '===': '==',
  '!==': '!=',
  '<>': '!=',
  and: '&&',
  or: '||',
  not: '!',
};
/** A text, which is skipped, or what may be an operator. */
const OPERATOR = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?<operator>[=!<>]+|(?<![.\w])(?:and|or|not)\b)/gi;

/** All of them, so that an author corrects the expression once. */
function findForeignOperators(source: string): ExpressionFault[] {
  return [...source.matchAll(OPERATOR)].flatMap(({ index, groups }) => {
    const written = groups?.operator ?? '';
    const meant = OPERATORS[written.toLowerCase()];
    return meant === undefined ? [] : { message: `"${written}" is no operator; write ${meant}`, offset: index };
  });
}

const TOKENS: Readonly<Record<string, string>> = { RPAREN: '")"', RBRACKET: '"]"', RBRACE: '"}"', COLON: '":"' };

/** The library's message without the names of its tokens. */
function plainSyntax(summary: string): string {
  if (summary === 'Unterminated string') return 'a text has no closing quote';
  if (summary === 'Unexpected token: EOF') return 'the expression ends too early';
  const [, expected = '', found = ''] = /^Expected (\w+), got (\w+)$/.exec(summary) ?? [];
  const token = TOKENS[expected];
  if (token === undefined) return summary;
  return found === 'EOF' ? `${token} is missing at the end` : `${token} is missing here`;
}

function failed(message: string, offset: number): CompiledExpression {
  return { ok: false, faults: [{ message, offset }] };
}

function findTypeFaults(parsed: ParseResult, source: string, scope: Scope): ExpressionFault[] {
  const { valid, type = 'dyn', error } = parsed.check();
  if (!valid) {
    const summary = error?.summary ?? 'it is not valid';
    const offset = error?.range?.start ?? 0;
    const unknown = /^Unknown variable: (\w+)$/.exec(summary)?.[1];
    if (unknown !== undefined) return [{ message: unknownVariable(unknown, scope), offset }];
    return [unknownFunction(summary, source, offset) ?? { message: withoutPrefix(summary), offset }];
  }
  const isCondition = scope === 'condition' || scope === 'onlyIf';
  if (!isCondition || type === 'bool' || type === 'dyn') return [];
  return [{ message: `a condition must be a bool, this is of type ${type}`, offset: 0 }];
}

/** `null`: the function exists, and was called with other arguments than it takes. */
function unknownFunction(summary: string, source: string, offset: number): ExpressionFault | null {
  const [, receiver, name = ''] = /^found no matching overload for '(?:(.+)\.)?(\w+)\(.*\)'$/.exec(summary) ?? [];
  if (name === '') return null;
  if (receiver === undefined && Object.hasOwn(OPERATORS, name)) return findForeignOperators(source)[0] ?? null;
  const known = functionNames();
  if (known.includes(withoutPrefix(name))) return null;
  const at = source.indexOf(name, offset);
  const message = `there is no function "${name}"${didYouMean(name, known)} (functions: ${known.join(', ')}; see docs/expressions.md)`;
  return { message, offset: at === -1 ? offset : at };
}

let knownFunctions: readonly string[] | null = null;

function functionNames(): readonly string[] {
  knownFunctions ??= [...new Set(ENVIRONMENTS.action.getDefinitions().functions.map(({ name }) => withoutPrefix(name)))].sort();
  return knownFunctions;
}

const PLACES: Readonly<Record<Scope, string>> = {
  condition: 'in a condition',
  onlyIf: 'in onlyIf',
  target: 'while the target is resolved',
  action: 'in an action',
};

function unknownVariable(name: string, scope: Scope): string {
  const allowed = VARIABLES[scope];
  if (VARIABLES.action.includes(name)) {
    const hint = scope === 'condition' && VARIABLES.onlyIf.includes(name) ? `; "onlyIf" of the rule can read it` : '';
    return `"${name}" is not known ${PLACES[scope]} (allowed: ${allowed.join(', ')})${hint}`;
  }
  return `unknown variable "${name}"${didYouMean(name, allowed)} (allowed: ${allowed.join(', ')})`;
}

function toExpression(source: string, parsed: ParseResult, limits: ExpressionLimits): Expression {
  return {
    source,
    evaluate(variables) {
      if (limits.hasLoop) assertSmallEnough(variables, limits.repeatsOuterWork);
      startEvaluation();
      try {
        return parsed(variables);
      } catch (error) {
        return retryWithMaps(parsed, variables, error);
      }
    },
  };
}

/** @throws ExpressionError */
function assertSmallEnough(variables: Readonly<Record<string, unknown>>, repeatsOuterWork: boolean): void {
  const { elements, characters } = measure(variables);
  if (elements > MAX_ELEMENTS) {
    throw new ExpressionError(`its data has more than ${MAX_ELEMENTS} list elements, the most that a loop is allowed`);
  }
  const size = elements + Math.ceil(characters / CHARACTERS_OF_AN_ELEMENT);
  if (repeatsOuterWork && elements * size > MAX_REPEATED_WORK) {
    throw new ExpressionError('its data is too large for a loop that looks at more than its own element');
  }
}

/**
 * The elements of all lists, keys of maps that are too large for a resource, and characters; it stops beyond {@link
 * MAX_ELEMENTS}.
 */
function measure(variables: Readonly<Record<string, unknown>>): { elements: number; characters: number } {
  let elements = 0;
  let characters = 0;
  const waiting: unknown[] = Object.values(variables);
  while (waiting.length > 0 && elements <= MAX_ELEMENTS) {
    const value = waiting.pop();
    if (typeof value === 'string') characters += value.length;
    if (typeof value !== 'object' || value === null) continue;
    const inner = Object.values(value);
    if (Array.isArray(value) || inner.length > MAX_RESOURCE_KEYS) elements += inner.length;
    for (const item of inner) waiting.push(item);
  }
  return { elements, characters };
}

/**
 * The library recognises plain objects by their `constructor`, so data with a key of that name fails as an unsupported type. Such
 * data is rare and is tried again with Maps, which hold any key; other data does not pay for it.
 */
function retryWithMaps(parsed: ParseResult, variables: Readonly<Record<string, unknown>>, error: unknown): unknown {
  const isUnsupported = error instanceof EvaluationError ? error.code === 'unsupported_type' : error instanceof TypeError;
  if (!isUnsupported) throw new ExpressionError(reasonOf(error));
  try {
    startEvaluation();
    return parsed(Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, variableAsMaps(value)])));
  } catch (again) {
    throw new ExpressionError(reasonOf(again));
  }
}

/** An event is converted once, and not for each of its conditions. */
const converted = new WeakMap<object, unknown>();

function variableAsMaps(variable: unknown): unknown {
  if (typeof variable !== 'object' || variable === null) return variable;
  const known = converted.get(variable);
  if (known !== undefined) return known;
  const maps = toMaps(variable);
  converted.set(variable, maps);
  return maps;
}

function toMaps(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(toMaps);
  return new Map(Object.entries(value).map(([key, inner]) => [key, toMaps(inner)]));
}

/** Codes whose text contains types and limits only. The text of the others can hold a value. */
const SAFE_SUMMARIES = new Set([
  'no_such_overload',
  'no_matching_overload',
  'invalid_condition_type',
  'invalid_logical_operand',
  'optional_value_missing',
  'text_too_long',
  'too_much_text',
]);

function reasonOf(error: unknown): string {
  if (!(error instanceof EvaluationError)) return 'it cannot be evaluated';
  if (SAFE_SUMMARIES.has(error.code)) return withoutPrefix(error.summary);
  if (error.code === 'no_such_key') return missingKey(error.node);
  return error.code.replaceAll('_', ' ');
}

/** Only a key that is written in the rule is reported: `a.key`, not `a[event.key]`. */
function missingKey(node: ASTNode | undefined): string {
  return node?.op === '.' ? `there is no "${node.args[1]}"` : 'no such key';
}

/**
 * JSON has one kind of number, which CEL reads as double, and `event.body.count + 1` would fail for mixing double and int.
 * Comparisons mix the two in CEL already; here arithmetic does too.
 */
export function createEnvironment(variables: Readonly<Record<string, string>>): Environment {
  const environment = new Environment({
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 500, maxDepth: 40, maxListElements: 200, maxMapEntries: 50 },
  });
  for (const [name, type] of Object.entries(variables)) environment.registerVariable(name, type);
  registerBoundedFunctions(environment);
  registerMissingFunctions(environment);
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

function environmentOf(scope: Scope): Environment {
  return createEnvironment(Object.fromEntries(VARIABLES[scope].map((name) => [name, 'map<string, dyn>'])));
}

const ENVIRONMENTS: Readonly<Record<Scope, Environment>> = {
  condition: environmentOf('condition'),
  onlyIf: environmentOf('onlyIf'),
  target: environmentOf('target'),
  action: environmentOf('action'),
};
