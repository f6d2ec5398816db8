import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import type { ConversationEvent } from '../../src/domain/conversation-event.ts';
import { compileExpression, ExpressionError } from '../../src/rules/expression.ts';
import { usesOfEvent } from '../../src/rules/expression-uses.ts';

const parser = new Environment({ enableOptionalTypes: true });

/** The parts of a condition that made it what it is, each with its value and what it read. */
export function explainCondition(source: string, event: ConversationEvent): readonly string[] {
  return decisiveParts(parser.parse(source).ast, source, event).map((part) => describe(part, event));
}

function textOf(node: ASTNode, source: string): string {
  return source.slice(node.range.start, node.range.end).trim();
}

function evaluate(source: string, event: ConversationEvent): { readonly value: unknown } | { readonly failed: string } {
  const compiled = compileExpression(source, 'condition');
  if (!compiled.ok) return { failed: compiled.faults[0]?.message ?? 'it is not valid' };
  try {
    return { value: compiled.expression.evaluate({ event }) };
  } catch (error) {
    if (error instanceof ExpressionError) return { failed: error.message };
    throw error;
  }
}

/** Of `a && b` the one that is not true, of `a || b` the one that is; both where neither alone decides. */
function decisiveParts(node: ASTNode, source: string, event: ConversationEvent): readonly string[] {
  const below = (part: ASTNode) => decisiveParts(part, source, event);
  if (node.op !== '&&' && node.op !== '||') return [textOf(node, source)];
  const decides = node.op === '||';
  const deciding = node.args.filter((part) => {
    const result = evaluate(textOf(part, source), event);
    return 'failed' in result || result.value === decides;
  });
  return (deciding.length > 0 ? deciding : node.args).flatMap(below);
}

function describe(part: string, event: ConversationEvent): string {
  const result = evaluate(part, event);
  const outcome = 'failed' in result ? `fails: ${result.failed}` : `is ${JSON.stringify(result.value)}`;
  const fields = [...new Set(usesOfEvent(part).fields.map(({ field }) => field))].filter((field) => field !== 'body');
  const read = fields.map((field) => `event.${field} is ${JSON.stringify(event[field as keyof ConversationEvent])}`);
  return `${part} ${outcome}${read.length > 0 ? ` (${read.join(', ')})` : ''}`;
}
