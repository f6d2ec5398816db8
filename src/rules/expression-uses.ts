import { type ASTNode, Environment, ParseError } from '@marcbachmann/cel-js';
import { childrenOf } from './expression-limits.ts';

/** A field of `event` that an expression reads, and its position in UTF-16 units. */
export interface FieldUse {
  readonly field: string;
  readonly offset: number;
}

/** A text that an expression compares with a field of `event`. */
export interface Comparison extends FieldUse {
  readonly text: string;
}

export interface EventUses {
  readonly fields: readonly FieldUse[];
  readonly comparisons: readonly Comparison[];
  /** Of `participant`. */
  readonly participantFields: readonly FieldUse[];
}

type Collected = { -readonly [Name in keyof EventUses]: EventUses[Name][number][] };

const parser = new Environment({ enableOptionalTypes: true });

/** What an expression reads of `event` and `participant`, as it is written; empty for an expression that cannot be parsed. */
export function usesOfEvent(source: string): EventUses {
  const uses: Collected = { fields: [], comparisons: [], participantFields: [] };
  try {
    collect(parser.parse(source).ast, uses);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
  }
  return uses;
}

function collect(node: ASTNode, uses: Collected): void {
  const field = fieldOf(node, 'event');
  if (field !== null) uses.fields.push({ field, offset: node.start });
  const ofParticipant = fieldOf(node, 'participant');
  if (ofParticipant !== null) uses.participantFields.push({ field: ofParticipant, offset: node.start });
  if (node.op === '==' || node.op === '!=' || node.op === 'in') {
    const [left, right] = node.args;
    compare(left, right, uses.comparisons);
    compare(right, left, uses.comparisons);
  }
  for (const child of childrenOf(node)) collect(child, uses);
}

function compare(side: ASTNode, other: ASTNode, comparisons: Comparison[]): void {
  const field = fieldOf(side, 'event');
  if (field === null) return;
  const literals = other.op === 'list' ? other.args : [other];
  for (const literal of literals) {
    if (literal.op === 'value' && typeof literal.args === 'string') {
      comparisons.push({ field, text: literal.args, offset: literal.start });
    }
  }
}

function fieldOf(node: ASTNode, variable: string): string | null {
  if (node.op !== '.' && node.op !== '.?') return null;
  const [base, field] = node.args;
  return base.op === 'id' && base.args === variable ? field : null;
}
