import { printable } from '../src/domain/printable.ts';
import type { DeadLetter, ListedDeadLetter } from '../src/queue/dead-letters.ts';

const HEADINGS = ['ID', 'DEAD SINCE (UTC)', 'CONVERSATION', 'RULE', 'ACTION', 'REASON'];

/** A line for each dead letter, oldest first; for a terminal. */
export function formatDeadLetters(listed: readonly ListedDeadLetter[]): string {
  const rows = listed.map(({ id, letter }) => [
    id,
    atMinute(letter.deadLetteredAt),
    letter.conversationId,
    ruleOf(letter),
    letter.outcome.action ?? '(none)',
    letter.outcome.reason,
  ]);
  return alignColumns([HEADINGS, ...rows]);
}

function ruleOf({ entry, outcome }: DeadLetter): string {
  return outcome.rule ?? (entry === null ? '(none)' : '(command)');
}

/**
 * All that a person needs to decide what to do, and to ask Genesys's support.
 * @param listed masked: whatever it holds is shown
 */
export function formatDeadLetter({ id, letter, state }: ListedDeadLetter): string {
  const { outcome, entry } = letter;
  const { genesys } = outcome;
  const answer = genesys && `${genesys.status ?? 'no answer'} ${genesys.code}: ${genesys.message}`;
  const fields: readonly (readonly [string, string | null | undefined])[] = [
    ['id', id],
    ['state', STATES[state]],
    ['reason', `${outcome.reason}: ${outcome.detail}`],
    ['conversation', letter.conversationId],
    ['participant', outcome.participantId],
    ['rule', ruleOf(letter)],
    ['action', outcome.action],
    ['Genesys answered', answer],
    ['correlation id', genesys?.correlationId],
    ['trace', letter.traceparent?.split('-')[1]],
    ['event', entry && `${entry.id}, ${entry.event.topic}`],
    ['happened', entry?.event.occurredAt],
    ['received', letter.receivedAt === null ? null : new Date(letter.receivedAt).toISOString()],
    ['dead since', new Date(letter.deadLetteredAt).toISOString()],
    ['attempts', String(letter.attempts)],
    ['other actions', entry && otherOutcomes(letter)],
    ['stored', letter.raw],
  ];
  return alignColumns(fields.flatMap(([name, value]) => (value ? [[name, value]] : [])));
}

const STATES: Readonly<Record<ListedDeadLetter['state'], string>> = {
  failed: 'dead; can be retried or dropped',
  replaying: 'being retried; a worker is about to put its event back',
  parking: 'new; a worker is about to put it among the others',
};

function otherOutcomes({ entry, actionKey }: ListedDeadLetter['letter']): string {
  const others = Object.entries(entry?.outcomes ?? {}).filter(([key]) => key !== actionKey);
  return others.map(([key, { kind, reason }]) => `${key} ${kind} (${reason})`).join(', ');
}

function atMinute(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 16).replace('T', ' ');
}

function alignColumns(cells: readonly (readonly string[])[]): string {
  const rows = cells.map((row) => row.map(printable));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
