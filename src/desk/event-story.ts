import type { OutcomeReason } from '../domain/outcome.ts';
import type { EndedLine, ReceivedLine, StoryLine, StoryOutcome, StoryVerdict, WaitingLine } from '../story/story-line.ts';
import { ADVICE } from './advice.ts';

/** The history of one event, assembled from its lines. */
export interface EventStory {
  readonly eventId: string;
  /** Epoch milliseconds; of the first line if the event's own line is no longer kept. */
  readonly receivedAt: number;
  /** `null`: the line with this field is no longer kept. */
  readonly topic: string | null;
  readonly status: ReceivedLine['status'] | null;
  readonly via: ReceivedLine['via'] | null;
  readonly rules: readonly StoryVerdict[];
  readonly traceId: string | null;
  /** How often it was delivered again. */
  readonly duplicates: number;
  /** Tries that failed, oldest first. */
  readonly waits: readonly WaitingLine[];
  /** `null`: the event waits, or was ignored. */
  readonly ended: EndedLine | null;
}

/** In the order in which the events came in. */
export function eventStories(lines: readonly StoryLine[]): EventStory[] {
  const byEvent = Map.groupBy(lines, ({ eventId }) => eventId);
  return [...byEvent].map(([eventId, own]) => eventStory(eventId, own)).sort((a, b) => a.receivedAt - b.receivedAt);
}

function eventStory(eventId: string, lines: readonly StoryLine[]): EventStory {
  const received = lines.filter((line) => line.kind === 'received');
  const first = received.find(({ status }) => status !== 'duplicate') ?? received[0];
  return {
    eventId,
    receivedAt: first?.at ?? lines[0]?.at ?? 0,
    topic: first?.topic ?? null,
    status: first?.status ?? null,
    via: first?.via ?? null,
    rules: first?.rules ?? [],
    traceId: first?.traceId ?? null,
    duplicates: received.filter(({ status }) => status === 'duplicate').length,
    waits: lines.filter((line) => line.kind === 'waiting'),
    ended: lines.findLast((line) => line.kind === 'ended') ?? null,
  };
}

/** One sentence on the event as a whole, if no outcome describes it. `null` if its outcomes do. */
export function summaryOf(event: EventStory): string | null {
  if (event.ended !== null) return null;
  if (event.status === 'ignored') return ignoredBecause(event.rules);
  const wait = event.waits.at(-1);
  return wait === undefined ? 'waits in the inbox' : `waits until ${isoTime(wait.until)}: ${wait.because}`;
}

function ignoredBecause(rules: readonly StoryVerdict[]): string {
  if (rules.length === 0) return 'ignored: no rule has this topic';
  const failed = rules.filter(({ verdict }) => verdict === 'condition-failed').map(({ rule }) => rule);
  const notTrue = rules.filter(({ verdict }) => verdict === 'condition-false').map(({ rule }) => rule);
  const parts = [
    ...(notTrue.length > 0 ? [`the condition (when.if) of ${notTrue.join(', ')} was false`] : []),
    ...(failed.length > 0 ? [`the condition (when.if) of ${failed.join(', ')} could not be evaluated`] : []),
  ];
  return `ignored: no rule matched; ${parts.join('; ')}`;
}

/** The advice for an event that was ignored, waits, or ended badly; `null` if there is nothing to do. */
export function adviceFor(event: EventStory): string | null {
  if (event.ended !== null) return event.ended.outcomes.map(adviceForOutcome).find((advice) => advice !== null) ?? null;
  if (event.status !== 'ignored') {
    return event.waits.length === 0 ? null : 'npm run conversations -- wake ID ends the wait, once its cause is gone.';
  }
  return event.rules.length === 0
    ? 'Compare the topics of the rules with the topic above, if this event was to be acted on.'
    : 'Compare the condition (when.if) with the fields that the event has: docs/configuration.md lists them.';
}

export function adviceForOutcome({ kind, reason }: StoryOutcome): string | null {
  if (kind === 'applied' || kind === 'unchanged') return null;
  return ADVICE[reason as OutcomeReason] ?? null;
}

export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** Tries that are shown of an event, the latest ones. */
const WAITS_SHOWN = 3;

/** The latest tries that failed. The one that is waited for is in the summary. */
export function pastWaits({ waits, ended }: EventStory): readonly WaitingLine[] {
  return (ended === null ? waits.slice(0, -1) : waits).slice(-WAITS_SHOWN);
}

/** How the event came, in words. */
export const VIA_TEXTS = {
  webhook: 'over HTTP',
  notifications: 'over notifications',
  look: 'from a look after a gap',
} as const satisfies Record<ReceivedLine['via'], string>;

/** The calls of a batch, in words. */
export function callTexts({ calls }: EndedLine): string {
  const texts = calls.map(
    ({ stage, status, correlationId }) => `${stage} ${status}${correlationId ? ` (${correlationId})` : ''}`,
  );
  return texts.join(', ');
}

/** What a rule whose topic fits made of an event, in words. */
export const VERDICT_TEXTS = {
  matched: 'matched',
  'condition-false': 'did not match: its condition (when.if) was false',
  'condition-failed': 'did not match: its condition (when.if) could not be evaluated',
  'not-matched': 'did not match',
} as const satisfies Record<StoryVerdict['verdict'], string>;
