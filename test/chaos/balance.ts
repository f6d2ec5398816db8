import type { Conversation } from '../../simulator/conversation.ts';
import type { ExecutedWrite } from '../../simulator/journal.ts';
import { findViolations, transfersIn } from './broken-promises.ts';
import type { LedgerLine } from './ledger.ts';
import { ownAttribute, SAME, WRAPUP_CODE } from './rules.ts';

/** Everything that the balance is computed from; nothing of it was counted or logged by the service. */
export interface Evidence {
  readonly ledger: readonly LedgerLine[];
  /** As the simulator has them in the end. */
  readonly conversations: readonly Conversation[];
  /** The simulator's journal: writes that took effect, in order. */
  readonly writes: readonly ExecutedWrite[];
  /** Ids of the events in the queue `dead-letters`. */
  readonly deadLettered: ReadonlySet<string>;
}

export interface Balance {
  readonly sent: number;
  readonly applied: number;
  readonly unchanged: number;
  readonly skipped: number;
  readonly deadLettered: number;
  /** Sent and accepted, and nothing shows what became of them. */
  readonly unaccounted: readonly LedgerLine[];
  /** Broken promises, in words. */
  readonly violations: readonly Violation[];
}

export interface Violation {
  readonly conversationId: string;
  readonly what: string;
}

type Fate = 'applied' | 'unchanged' | 'skipped' | 'deadLettered' | 'unaccounted';

interface Call {
  readonly conversation: Conversation;
  /** In the order in which they were sent. */
  readonly lines: readonly LedgerLine[];
  readonly writes: readonly ExecutedWrite[];
}

export function computeBalance({ ledger, conversations, writes, deadLettered }: Evidence): Balance {
  const linesOf = Map.groupBy(ledger, (line) => line.conversationId);
  const writesOf = Map.groupBy(writes, (write) => write.conversationId ?? '');
  const calls = conversations.map((conversation): Call => {
    const lines = (linesOf.get(conversation.id) ?? []).toSorted((one, other) => one.sequence - other.sequence);
    return { conversation, lines, writes: writesOf.get(conversation.id) ?? [] };
  });
  const fates = calls.flatMap((call) => fatesOf(call, deadLettered));
  const count = (fate: Fate) => fates.filter((each) => each.fate === fate).length;
  return {
    sent: ledger.length,
    applied: count('applied'),
    unchanged: count('unchanged'),
    skipped: count('skipped'),
    deadLettered: count('deadLettered'),
    unaccounted: fates.filter(({ fate }) => fate === 'unaccounted').map(({ line }) => line),
    violations: calls.flatMap(({ conversation, lines, writes: own }) =>
      findViolations(lines, own).map((what) => ({ conversationId: conversation.id, what })),
    ),
  };
}

function fatesOf(call: Call, deadLettered: ReadonlySet<string>): { readonly line: LedgerLine; readonly fate: Fate }[] {
  const took = call.lines.filter((line) => tookEffect(line, call));
  const firstSame = call.lines.find(({ kind }) => kind === 'same');
  const lastEffect = Math.max(0, ...took.filter(({ kind }) => kind !== 'same').map(({ sequence }) => sequence));
  const fateOf = (line: LedgerLine): Fate => {
    if (deadLettered.has(line.id)) return 'deadLettered';
    // Only the end of the call skips events, and only those that come after all that took effect; a refused one has none.
    const mayBeSkipped = line.sequence > lastEffect || line.kind === 'refused';
    if (call.conversation.endTime !== undefined && mayBeSkipped) return 'skipped';
    if (!took.includes(line)) return 'unaccounted';
    return line.kind === 'same' && line !== firstSame ? 'unchanged' : 'applied';
  };
  return call.lines.map((line) => ({ line, fate: fateOf(line) }));
}

function tookEffect({ id, kind, sequence }: LedgerLine, { conversation, writes }: Call): boolean {
  const attributes = conversation.participants.find(({ purpose }) => purpose === 'customer')?.attributes ?? {};
  const isTagged = attributes[ownAttribute(sequence)] === id;
  if (kind === 'tag') return isTagged;
  if (kind === 'same') return attributes[SAME.name] === SAME.value;
  if (kind === 'refused') return false;
  if (kind === 'wrap-up') return conversation.participants.some(({ wrapup }) => wrapup?.code === WRAPUP_CODE);
  return isTagged && transfersIn(writes).length > 0;
}
