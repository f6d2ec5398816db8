import type { ASTNode } from '@marcbachmann/cel-js';
import { boundedName, isReservedName } from './bounded-functions.ts';
import { KNOWN_FIELDS } from './event-fields.ts';
import { didYouMean } from './nearest-name.ts';
import { compilePattern } from './pattern.ts';

/** A problem of an expression. */
export interface ExpressionFault {
  readonly message: string;
  /** The position in the expression, in UTF-16 units. */
  readonly offset: number;
}

const COMPREHENSIONS = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/**
 * Checks that CEL's own checks lack: mistyped fields of variables whose fields are known, patterns that RE2 refuses, and work
 * that grows faster than the event (nested loops over the same list, doubling with `cel.bind`).
 *
 * It also redirects calls to the functions of `bounded-functions.ts`.
 */
export function limitExpression(root: ASTNode): ExpressionLimits {
  const found: Findings = { faults: [], hasLoop: false, repeatsOuterWork: false };
  visit(root, null, found);
  return found;
}

export interface ExpressionLimits {
  readonly faults: readonly ExpressionFault[];
  /** Whether it runs over lists, so that the size of its data determines its time. */
  readonly hasLoop: boolean;
  /** Whether a loop reads more than its own element, so that its work is the number of elements times the size of the data. */
  readonly repeatsOuterWork: boolean;
}

interface Findings {
  readonly faults: ExpressionFault[];
  hasLoop: boolean;
  repeatsOuterWork: boolean;
}

/** `loopVariable` is that of the innermost loop around the node. */
function visit(node: ASTNode, loopVariable: string | null, found: Findings): void {
  const { faults } = found;
  if (node.op === 'id' && loopVariable !== null && node.args !== loopVariable) found.repeatsOuterWork = true;
  if (node.op === '.' || node.op === '.?') checkField(node.args[0], node.args[1], node, faults);
  if ((node.op === '[]' || node.op === '[?]') && node.args[1].op === 'value') {
    checkField(node.args[0], node.args[1].args, node, faults);
  }
  if (node.op === 'call') redirect(node.args, 'function', node.args[1].length, node.start, faults);
  if (node.op === 'rcall') {
    checkMethod(node.args, node.start, faults);
    redirect(node.args, 'method', node.args[2].length, node.start, faults);
    const inner = loopVariableOf(node.args, loopVariable, found);
    const [, receiver, args] = node.args;
    visit(receiver, loopVariable, found);
    for (const arg of args) visit(arg, inner, found);
    return;
  }
  for (const child of childrenOf(node)) visit(child, loopVariable, found);
}

type MethodCall = [method: string, receiver: ASTNode, args: ASTNode[]];

function checkField(base: ASTNode, field: unknown, node: ASTNode, faults: ExpressionFault[]): void {
  if (base.op !== 'id' || typeof field !== 'string' || !Object.hasOwn(KNOWN_FIELDS, base.args)) return;
  const allowed = KNOWN_FIELDS[base.args] ?? [];
  if (allowed.includes(field)) return;
  faults.push({
    message: `${base.args} has no "${field}"${didYouMean(field, allowed)} (allowed: ${allowed.join(', ')})`,
    offset: node.start,
  });
}

function checkMethod([method, , args]: MethodCall, offset: number, faults: ExpressionFault[]): void {
  if (method === 'bind') faults.push({ message: 'cel.bind is not allowed', offset });
  if (method !== 'matches' || args.length !== 1) return;
  const [pattern] = args;
  if (pattern?.op !== 'value' || typeof pattern.args !== 'string') {
    faults.push({ message: 'matches() takes a regular expression that is written out as a string', offset });
    return;
  }
  const compiled = compilePattern(pattern.args);
  if (!compiled.ok) faults.push({ message: compiled.message, offset: pattern.start });
}

function redirect(
  call: [string, ...unknown[]],
  kind: 'method' | 'function',
  argumentCount: number,
  offset: number,
  faults: ExpressionFault[],
): void {
  if (isReservedName(call[0])) faults.push({ message: `there is no ${kind} "${call[0]}"`, offset });
  call[0] = boundedName(call[0], kind, argumentCount);
}

/** A loop inside a loop must run over something of the outer loop's element, or its work would multiply. */
function loopVariableOf([method, receiver, args]: MethodCall, outer: string | null, found: Findings): string | null {
  const [variable] = args;
  if (!COMPREHENSIONS.has(method) || variable?.op !== 'id') return outer;
  const { faults } = found;
  found.hasLoop = true;
  if (Object.hasOwn(KNOWN_FIELDS, variable.args)) {
    faults.push({
      message: `"${variable.args}" is taken; give the variable of ${method}() another name`,
      offset: variable.start,
    });
  }
  if (outer !== null && rootOf(receiver) !== outer) {
    faults.push({ message: `${method}() inside another loop may only run over a list of "${outer}"`, offset: receiver.start });
  }
  return variable.args;
}

function rootOf(node: ASTNode): string | null {
  if (node.op === 'id') return node.args;
  if (node.op === '.' || node.op === '.?' || node.op === '[]' || node.op === '[?]') return rootOf(node.args[0]);
  if (node.op === 'rcall') return rootOf(node.args[1]);
  return null;
}

/** The nodes right below a node. */
export function childrenOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return [];
    case 'rcall':
      return [node.args[1], ...node.args[2]];
    case '.':
    case '.?':
      return [node.args[0]];
    case 'call':
      return node.args[1];
    case 'map':
      return node.args.flat();
    case '!_':
    case '-_':
      return [node.args];
    default:
      return node.args;
  }
}
