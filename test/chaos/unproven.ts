import type { ExecutedWrite } from '../../simulator/journal.ts';
import { eventsIn, transfersIn } from './broken-promises.ts';
import type { LoggedLine } from './fleet.ts';
import type { LedgerLine } from './ledger.ts';

interface LoggedOutcome {
  readonly outcome: string;
  readonly reason: string;
  readonly action: string | null;
}

/** What the service reported as applied, although the simulator's journal shows no such write, in words. */
export function findUnproven(
  logged: readonly LoggedLine[],
  ledger: readonly LedgerLine[],
  writes: readonly ExecutedWrite[],
): string[] {
  const byId = new Map(ledger.map((line) => [line.id, line]));
  const writesOf = Map.groupBy(writes, ({ conversationId }) => conversationId ?? '');
  return logged.flatMap(({ line }) => {
    if (typeof line === 'string' || line.msg !== 'event processed') return [];
    const event = byId.get(String(line.eventId));
    if (event === undefined) return [];
    const own = writesOf.get(event.conversationId) ?? [];
    const applied = (line.outcomes as readonly LoggedOutcome[]).filter(
      ({ outcome, reason }) => outcome === 'applied' && reason === 'written',
    );
    return applied
      .filter(({ action }) => !isShown(action, event, own))
      .map(({ action }) => `${action} of event ${event.id} was reported as applied, and the journal does not show it`);
  });
}

/** How many events were reported as applied by a batch that made no call: an event about the write proved it. */
export function countProvenByEvents(logged: readonly LoggedLine[]): number {
  return logged.filter(({ line }) => {
    if (typeof line === 'string' || line.msg !== 'event processed') return false;
    const { outcomes, calls } = line as { readonly outcomes: readonly LoggedOutcome[]; readonly calls: readonly string[] };
    return calls.length === 0 && outcomes.some(({ outcome }) => outcome === 'applied');
  }).length;
}

function isShown(action: string | null, { kind, sequence }: LedgerLine, writes: readonly ExecutedWrite[]): boolean {
  if (action === 'transfer') return transfersIn(writes).length > 0;
  if (action === 'applyWrapup') return writes.some(({ write }) => write.kind === 'wrapup');
  const attributes = writes.flatMap(({ write }) => (write.kind === 'attributes' ? [write.attributes] : []));
  if (kind === 'same') return attributes.some(({ tier }) => tier !== undefined);
  return attributes.some((each) => eventsIn(each).includes(sequence));
}
