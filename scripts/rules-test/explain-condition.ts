import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { compileExpression, ExpressionError } from '../../src/rules/expression.ts';
import { childrenOf } from '../../src/rules/expression-limits.ts';

const parser = new Environment({ enableOptionalTypes: true });

/** A condition as it is written, and what it read. */
export interface Judged {
  readonly source: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** A condition, or what a loop of it judges for one element of its list. */
interface Place extends Judged {
  /** Names that paths may begin with. */
  readonly roots: ReadonlySet<string>;
  /** Makes a part of the place an expression of the whole condition. */
  wrap(part: string): string;
}

type Evaluated = { readonly value: unknown } | { readonly failed: string };

/** Elements of a list that are explained one by one. */
const ELEMENTS_SHOWN = 10;
const LONGEST_VALUE = 80;

/** The parts of a condition that made it what it is, each with its value and what it read. */
export function explainCondition(judged: Judged): readonly string[] {
  const roots = new Set(Object.keys(judged.variables));
  return explainIn({ ...judged, roots, wrap: (part) => part }, parser.parse(judged.source).ast);
}

function explainIn(place: Place, node: ASTNode): readonly string[] {
  return decisiveParts(node, place).flatMap((part) => [describe(part, place), ...explainElements(part, place)]);
}

function textOf(node: ASTNode, { source }: Judged): string {
  return source.slice(node.range.start, node.range.end).replaceAll(/\s+/g, ' ').trim();
}

function evaluate(part: string, { wrap, variables }: Place): Evaluated {
  const compiled = compileExpression(wrap(part), 'action');
  if (!compiled.ok) return { failed: compiled.faults[0]?.message ?? 'it is not valid' };
  try {
    return { value: compiled.expression.evaluate(variables) };
  } catch (error) {
    if (error instanceof ExpressionError) return { failed: error.message };
    throw error;
  }
}

/** Of `a && b` the one that is not true, of `a || b` the one that is; both where neither alone decides. */
function decisiveParts(node: ASTNode, place: Place): readonly ASTNode[] {
  if (node.op !== '&&' && node.op !== '||') return [node];
  const decides = node.op === '||';
  const deciding = node.args.filter((part) => {
    const result = evaluate(textOf(part, place), place);
    return 'failed' in result || result.value === decides;
  });
  return (deciding.length > 0 ? deciding : node.args).flatMap((part) => decisiveParts(part, place));
}

function describe(node: ASTNode, place: Place): string {
  const part = textOf(node, place);
  const result = evaluate(part, place);
  const outcome = 'failed' in result ? `fails: ${result.failed}` : `is ${show(result.value)}`;
  const read = [...new Set(readsOf(node, place))].flatMap((path) => {
    const value = evaluate(path, place);
    return 'failed' in value ? [] : `${path} is ${show(value.value)}`;
  });
  return `${part} ${outcome}${read.length > 0 ? ` (${read.join(', ')})` : ''}`;
}

/** Of `list.exists(v, ...)` and `list.all(v, ...)`: the deciding part for each element. */
function explainElements(node: ASTNode, place: Place): readonly string[] {
  if (node.op !== 'rcall' || !/^(exists|exists_one|all)$/.test(node.args[0])) return [];
  const [, list, [variable, condition]] = node.args;
  if (variable === undefined || condition === undefined) return [];
  const listed = textOf(list, place);
  const size = evaluate(`${listed}.size()`, place);
  const count = 'value' in size ? Math.min(Number(size.value), ELEMENTS_SHOWN) : 0;
  const name = textOf(variable, place);
  return Array.from({ length: count }, (_, index) => index).flatMap((index) => {
    const wrap = (part: string) => place.wrap(`[${listed}[${index}]].map(${name}, ${part})[0]`);
    const element: Place = { ...place, roots: new Set([...place.roots, name]), wrap };
    return explainIn(element, condition).map((line) => `    ${listed}[${index}]: ${line}`);
  });
}

/** The longest paths into the variables that are read, such as `event.body.flowType`. */
function readsOf(node: ASTNode, place: Place): readonly string[] {
  const isPath = (inner: ASTNode): boolean =>
    inner.op === '.' ? isPath(inner.args[0]) : inner.op === 'id' && place.roots.has(inner.args);
  if (node.op === '.' && isPath(node)) return [textOf(node, place)];
  return childrenOf(node).flatMap((child) => readsOf(child, place));
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'a map';
  const text = typeof value === 'bigint' ? String(value) : JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}...` : text;
}
