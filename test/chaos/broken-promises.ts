import type { ExecutedWrite } from '../../simulator/journal.ts';
import type { PlannedEvent } from './plan-events.ts';
import { LAST, OWN_ATTRIBUTE } from './rules.ts';

/** What must not be in the writes of one conversation, in words; `writes` in the order in which they took effect. */
export function findViolations(lines: readonly PlannedEvent[], writes: readonly ExecutedWrite[]): string[] {
  return [...findRepeatedTransfers(lines, writes), ...findDisorder(writes), ...findEarlyTransfers(lines, writes)];
}

export function transfersIn(writes: readonly ExecutedWrite[]): readonly ExecutedWrite[] {
  return writes.filter(({ write }) => write.kind === 'transfer');
}

function findRepeatedTransfers(lines: readonly PlannedEvent[], writes: readonly ExecutedWrite[]): string[] {
  const transfers = transfersIn(writes).length;
  const asked = lines.filter(({ kind }) => kind === 'transfer').length;
  return transfers > asked ? [`transferred ${transfers} times, asked for ${asked}`] : [];
}

/** A PATCH may be repeated when its answer was lost; it must never undo a later one, or bring an event in after a later one. */
function findDisorder(writes: readonly ExecutedWrite[]): string[] {
  const found: string[] = [];
  const seen = new Set<number>();
  let newest = 0;
  let last = 0;
  for (const { write, sequence } of writes) {
    if (write.kind !== 'attributes') continue;
    const set = Number(write.attributes[LAST] ?? last);
    if (set < last) found.push(`journal record ${sequence} sets "${LAST}" back from ${last} to ${set}`);
    last = set;
    const fresh = eventsIn(write.attributes).filter((event) => !seen.has(event));
    const late = fresh.filter((event) => event < newest);
    if (late.length > 0) found.push(`journal record ${sequence} brings event ${late.join(', ')} after event ${newest}`);
    for (const event of fresh) seen.add(event);
    newest = Math.max(newest, ...fresh);
  }
  return found;
}

/** Routing reads the attributes, so they are there before the transfer. */
function findEarlyTransfers(lines: readonly PlannedEvent[], writes: readonly ExecutedWrite[]): string[] {
  const asked = lines.find(({ kind }) => kind === 'transfer');
  const transfer = transfersIn(writes)[0];
  if (asked === undefined || transfer === undefined) return [];
  const tagged = writes.find(({ write }) => write.kind === 'attributes' && eventsIn(write.attributes).includes(asked.sequence));
  const isEarly = tagged === undefined || tagged.sequence > transfer.sequence;
  return isEarly ? [`journal record ${transfer.sequence} transfers before the attributes of event ${asked.sequence}`] : [];
}

/** Sequence numbers of the events whose own attribute is among these. */
export function eventsIn(attributes: Readonly<Record<string, string>>): number[] {
  return Object.keys(attributes).flatMap((name) => {
    const sequence = OWN_ATTRIBUTE.exec(name)?.[1];
    return sequence === undefined ? [] : [Number(sequence)];
  });
}
