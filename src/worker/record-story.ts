import { type InboxEntry, traceOf } from '../domain/inbox-entry.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { GenesysCall } from '../genesys/genesys-client.ts';
import type { ReceivedLine, StoryCall, StoryOutcome } from '../story/story-line.ts';
import type { StoryRecorder } from '../story/story-recorder.ts';
import { messageOf } from './attempt.ts';
import type { EntryProgress } from './entry-progress.ts';
import type { KnownRules } from './known-rules.ts';

/** More calls than this in one batch explain nothing more. */
const CALLS_KEPT = 12;

/** The calls of a batch as the stories of its events tell them: one list for all, which is encoded once. */
export function storyCallsOf(calls: readonly GenesysCall[]): readonly StoryCall[] {
  return calls.slice(-CALLS_KEPT).map(({ stage, status, correlationId }) => ({ stage, status: String(status), correlationId }));
}

/** Records for people that an entry came in, and its result in this batch. */
export function recordStory(
  story: StoryRecorder,
  progress: EntryProgress,
  calls: readonly StoryCall[],
  rules: KnownRules,
  now: number,
): void {
  if (!story.enabled) return;
  const { entry } = progress;
  const { conversationId, address, ani } = entry.event;
  if (isFirstTry(entry)) story.record(conversationId, receivedLine(entry, rules), address ?? ani);
  if (progress.done) {
    const outcomes = Object.values(progress.outcomes).map(toStoryOutcome);
    story.record(conversationId, { kind: 'ended', at: now, eventId: entry.id, outcomes, calls });
  } else if (progress.waitsFor !== null) {
    const { until, error } = progress.waitsFor;
    story.record(conversationId, { kind: 'waiting', at: now, eventId: entry.id, until, because: messageOf(error) });
  }
}

function isFirstTry({ attempts, awaits, outcomes }: InboxEntry): boolean {
  return attempts === 0 && awaits === undefined && Object.keys(outcomes).length === 0;
}

function receivedLine(entry: InboxEntry, rules: KnownRules): ReceivedLine {
  return {
    kind: 'received',
    at: entry.receivedAt,
    eventId: entry.id,
    topic: entry.event.topic,
    status: 'accepted',
    via: entry.via ?? 'webhook',
    rules: entry.work.kind === 'rules' ? verdictsOf(entry, entry.work.rules, rules) : [],
    traceId: traceOf(entry).traceId,
  };
}

/** In the order of the rules file, as far as the rules are in it. */
function verdictsOf({ event, missed = {} }: InboxEntry, matched: readonly string[], rules: KnownRules): ReceivedLine['rules'] {
  const names = new Set([...rules.namesFor(event.topic), ...matched, ...Object.keys(missed)]);
  return [...names].map((rule) => ({ rule, verdict: matched.includes(rule) ? 'matched' : (missed[rule] ?? 'not-matched') }));
}

/** The detail of a success contains no more than its reason. */
function toStoryOutcome({ rule, action, kind, reason, detail, participantId, genesys }: Outcome): StoryOutcome {
  const isTold = kind !== 'applied' && kind !== 'unchanged';
  return {
    rule,
    action,
    kind,
    reason,
    detail: isTold ? detail : null,
    participantId,
    correlationId: genesys?.correlationId ?? null,
  };
}
