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

/** Records for people that the entries of a batch came in, and their results in it. */
export function recordStories(
  story: StoryRecorder,
  entries: readonly EntryProgress[],
  calls: readonly GenesysCall[],
  rules: KnownRules,
  now: number,
): void {
  if (!story.enabled) return;
  const kept = calls.slice(-CALLS_KEPT);
  // One list for all entries, which is encoded once.
  const told = kept.map(({ stage, status, correlationId }) => ({ stage, status: String(status), correlationId }));
  for (const progress of entries) recordStory(story, progress, told, rules, now);
}

function recordStory(
  story: StoryRecorder,
  progress: EntryProgress,
  calls: readonly StoryCall[],
  rules: KnownRules,
  now: number,
): void {
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
