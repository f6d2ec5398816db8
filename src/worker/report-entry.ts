import { traceOf } from '../domain/inbox-entry.ts';
import { type Outcome, tellOutcome } from '../domain/outcome.ts';
import type { GenesysCall } from '../genesys/genesys-client.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { BatchSpans } from '../telemetry/messaging-spans.ts';
import { recordOutcome, recordReceiptToApplied, recordRuleCalls } from '../telemetry/metrics.ts';
import { messageOf } from './attempt.ts';
import type { EntryProgress, Waiting } from './entry-progress.ts';

export interface BatchReport {
  /** As {@link listCalls} returns them, once for all lines of the batch. */
  readonly calls: readonly string[];
  readonly durationMs: number;
  /** Entries in the batch, including this one. */
  readonly events: number;
}

/** More calls than this in one batch add no information. */
const CALLS_LISTED = 50;

/** The calls of a batch as its log lines show them. */
export function listCalls(calls: readonly GenesysCall[]): readonly string[] {
  return calls.slice(0, CALLS_LISTED).map(({ stage, status }) => `${stage} ${status}`);
}

/**
 * Reports the result of an entry in this batch to log, metrics and trace: one line when it is done, one line for each failed try.
 */
export function reportEntry(
  progress: EntryProgress,
  spans: BatchSpans | null,
  batch: BatchReport,
  logger: Logger,
  now: number,
): void {
  const { entry } = progress;
  for (const outcome of progress.newOutcomes.values()) {
    recordOutcome(outcome);
    spans?.recordOutcome(entry, outcome);
    if (outcome.kind === 'applied') recordReceiptToApplied(now - entry.receivedAt);
  }
  if (progress.done)
    logger[levelOf(progress)]({ ...describe(progress, batch), waitedMs: now - entry.receivedAt }, 'event processed');
  else if (progress.waitsFor !== null) reportWaiting(progress, progress.waitsFor, spans, batch, logger);
}

/** An entry that can't be read has no trace of its own: its event is on the span of the batch. */
export function reportUnreadable(conversationId: string, outcome: Outcome, spans: BatchSpans | null, logger: Logger): void {
  recordOutcome(outcome);
  spans?.recordOutcome(null, outcome);
  logger.error({ conversationId, outcomes: [tellOutcome(outcome)] }, 'entry unreadable');
}

function reportWaiting(
  progress: EntryProgress,
  { until, error }: Waiting,
  spans: BatchSpans | null,
  batch: BatchReport,
  logger: Logger,
): void {
  spans?.recordRetry(progress.entry, error);
  const retryAt = new Date(until).toISOString();
  logger[levelOf(progress)]({ ...describe(progress, batch), retryAt, because: messageOf(error) }, 'event waits');
}

/** Each dead letter is in one line of the level `warn`: that of the batch that made it. */
function levelOf({ newOutcomes }: EntryProgress): 'warn' | 'info' {
  return [...newOutcomes.values()].some(({ kind }) => kind === 'dead-lettered') ? 'warn' : 'info';
}

/** The cost of a batch, divided evenly among its events and their rules. */
export function reportCosts(entries: readonly EntryProgress[], calls: number): void {
  const causes = entries.flatMap(({ entry, steps, look }) =>
    [...new Set([...steps, ...(look === null ? [] : [look])].map(({ rule }) => rule ?? COMMAND))].map((rule) => ({
      rule,
      topic: entry.event.topic,
    })),
  );
  for (const { rule, topic } of causes) recordRuleCalls(rule, topic, calls / causes.length);
}

/** The rule label of actions that were requested over HTTP. */
const COMMAND = '(command)';

/** Ids, names and reasons; never a value from the event or of an attribute. */
function describe(progress: EntryProgress, { calls, durationMs, events }: BatchReport): Record<string, unknown> {
  const { entry } = progress;
  return {
    conversationId: entry.event.conversationId,
    eventId: entry.id,
    topic: entry.event.topic,
    outcomes: Object.values(progress.outcomes).map(tellOutcome),
    attempts: progress.attempts,
    batch: events,
    calls,
    durationMs,
    traceId: traceOf(entry).traceId,
  };
}
