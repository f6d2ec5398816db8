import type { PlayedCall, PlayedDelivery } from '../played-call.ts';
import type { LoggedOutcome } from '../processed-event.ts';
import { type Column, renderTable } from './table.ts';

const ACTION_WORDS: Readonly<Record<string, string>> = { setAttributes: 'set attributes', applyWrapup: 'apply wrap-up code' };

const EVENT_COLUMNS: readonly Column[] = [
  { title: '#', width: 2 },
  { title: 'call', width: 8 },
  { title: 'event', width: 16 },
  { title: 'what was done', width: 27 },
  { title: 'why', width: 39 },
];

/** A row for each action of each event: what was done, by which rule, and why. */
export function renderEvents(calls: readonly PlayedCall[]): string {
  const rows = calls.flatMap(({ call, deliveries }, index) =>
    deliveries.flatMap((played) =>
      explain(played).map(([done, why]) => [String(index + 1), call.media, played.delivery.name, done, why]),
    ),
  );
  return renderTable(EVENT_COLUMNS, rows);
}

function explain({ answer, httpStatus, processed }: PlayedDelivery): (readonly [done: string, why: string])[] {
  if (answer === 'refused') return [['refused', `the service answered ${httpStatus}`]];
  if (answer === 'ignored') return [['nothing', 'no rule matches this event']];
  if (answer === 'duplicate') return [['nothing', 'a duplicate: this event was delivered before']];
  if (processed === null) return [['nothing yet', 'the event was accepted but not processed in time']];
  return processed.outcomes.map(explainOutcome);
}

function explainOutcome({ rule, action, outcome, detail }: LoggedOutcome): readonly [string, string] {
  return [`${ACTION_WORDS[action] ?? action}: ${outcome}`, rule === null ? detail : `rule ${rule}: ${detail}`];
}

const SUMMARY_COLUMNS: readonly Column[] = [
  { title: '#', width: 2 },
  { title: 'call', width: 8 },
  { title: 'shows', width: 42 },
  { title: 'Genesys answered', width: 19 },
  { title: 'in the end', width: 21 },
];

export interface CallResult {
  readonly played: PlayedCall;
  /** Statuses of the requests for this conversation, in order; `null` without an answer. */
  readonly answers: readonly (number | null)[];
  readonly differences: readonly string[];
}

/** A row for each call: what it shows, how Genesys answered on the way, and whether the simulator holds what it must. */
export function renderSummary(results: readonly CallResult[]): string {
  const rows = results.map(({ played, answers, differences }, index) => [
    String(index + 1),
    played.call.media,
    played.call.shows,
    answers.map((status) => status ?? 'nothing').join(' '),
    differences.length === 0 ? 'as expected' : `WRONG: ${differences.join('; ')}`,
  ]);
  return renderTable(SUMMARY_COLUMNS, rows);
}
