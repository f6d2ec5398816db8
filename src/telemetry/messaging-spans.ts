import { type Attributes, context, type Span, SpanKind, trace } from '@opentelemetry/api';
import type { DeliveredEvent } from '../domain/delivered-event.ts';
import { type InboxEntry, traceOf } from '../domain/inbox-entry.ts';
import type { Outcome, OutcomeKind } from '../domain/outcome.ts';
import { ATTRIBUTE, SPAN, SPAN_EVENT } from './span-names.ts';
import { contextOf, linksTo, markFailed, withSpan } from './tracing.ts';

const DESTINATION = 'conversations';
const tracer = trace.getTracer('hookpatch');
const SEND = messaging('send');

/**
 * The PRODUCER span around everything that makes events durable: the append to the inbox and the job. It starts before the
 * entries are made, because they store this span as `traceparent`. The processing becomes its child, whenever and wherever it
 * happens.
 */
export function withSendSpan<T>(eventCount: number, work: (span: Span) => Promise<T>): Promise<T> {
  const attributes = eventCount > 1 ? { ...SEND, 'messaging.batch.message_count': eventCount } : SEND;
  return withSpan(SPAN.send, { kind: SpanKind.PRODUCER, attributes }, work);
}

/** The results of the events of a delivery. */
export interface DeliveryReceipt {
  readonly accepted: number;
  readonly duplicate: number;
  readonly ignored: number;
}

/**
 * Sets the results of a delivery on the active span. Ignored events and duplicates have no span of their own, so the conversation
 * is set here as well, when all events are of the same one.
 */
export function describeDelivery(receipt: DeliveryReceipt, events: readonly Pick<DeliveredEvent, 'conversationId'>[]): void {
  const span = trace.getActiveSpan();
  if (span?.isRecording() !== true) return;
  span.setAttributes({
    [ATTRIBUTE.eventsAccepted]: receipt.accepted,
    [ATTRIBUTE.eventsDuplicate]: receipt.duplicate,
    [ATTRIBUTE.eventsIgnored]: receipt.ignored,
  });
  const [conversationId, ...others] = new Set(events.flatMap((event) => event.conversationId ?? []));
  if (conversationId !== undefined && others.length === 0) span.setAttribute(ATTRIBUTE.conversationId, conversationId);
}

/** The spans of one batch of a conversation. */
export interface BatchSpans {
  /** Runs `work` with the batch's span active: spans started in it become its children. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Entries that came in while the batch was under way and join it. */
  join(entries: readonly InboxEntry[]): void;
  /** `null` for an item that can't be read as an entry: its result is an outcome of the batch. */
  recordOutcome(entry: InboxEntry | null, outcome: Outcome): void;
  /** An entry that stays in the inbox for another try. */
  recordRetry(entry: InboxEntry, error: unknown): void;
  /** Ends every span of the batch; `error` is the failure of the batch as a whole. */
  end(error?: unknown): void;
}

/**
 * A batch's span belongs to the trace of its first entry and links to the others. Each other entry gets a CONSUMER span in its
 * own trace, with a link back, so that no trace ends at "sent". A retried entry is part of a later batch and so continues in its
 * own trace. `entries` is not empty and in order of arrival.
 */
export function startBatchSpans(conversationId: string, entries: readonly InboxEntry[]): BatchSpans {
  const [first, ...others] = entries;
  const batchSpan = tracer.startSpan(
    SPAN.process,
    {
      kind: SpanKind.CONSUMER,
      attributes: { ...messaging('process'), ...batchAttributes(conversationId, entries) },
    },
    first === undefined ? context.active() : contextOf(traceOf(first)),
  );
  const back = { context: batchSpan.spanContext() };
  // Keyed by entry and not by its id: after a retry of dead letters an inbox can hold an id twice.
  const spans = new Map<InboxEntry, Span>();
  const join = (joining: readonly InboxEntry[]) => {
    for (const entry of joining) spans.set(entry, startEntrySpan(conversationId, entry, back));
    batchSpan.addLinks(linksTo(joining.map(traceOf)));
  };
  join(others);
  const spanOf = (entry: InboxEntry) => spans.get(entry) ?? batchSpan;
  const active = trace.setSpan(context.active(), batchSpan);

  return {
    run: (work) => context.with(active, work),
    join,
    recordOutcome: (entry, outcome) => recordOutcome(entry === null ? batchSpan : spanOf(entry), outcome),
    recordRetry: (entry, error) => markFailed(spanOf(entry), error),
    end(error) {
      for (const span of [...spans.values(), batchSpan]) {
        if (error !== undefined) markFailed(span, error);
        span.end();
      }
    },
  };
}

function startEntrySpan(conversationId: string, entry: InboxEntry, back: { context: ReturnType<Span['spanContext']> }): Span {
  const attributes = { ...messaging('process'), ...entryAttributes(entry), [ATTRIBUTE.conversationId]: conversationId };
  return tracer.startSpan(SPAN.process, { kind: SpanKind.CONSUMER, attributes, links: [back] }, contextOf(traceOf(entry)));
}

/** Development status: https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/ */
function messaging(operation: 'send' | 'process'): Attributes {
  return {
    'messaging.system': 'bullmq',
    'messaging.destination.name': DESTINATION,
    'messaging.operation.type': operation,
    'messaging.operation.name': operation,
  };
}

function batchAttributes(conversationId: string, entries: readonly InboxEntry[]): Attributes {
  const [first] = entries;
  return {
    ...(first === undefined ? {} : entryAttributes(first)),
    ...(entries.length > 1 ? { 'messaging.batch.message_count': entries.length } : {}),
    [ATTRIBUTE.eventCount]: entries.length,
    [ATTRIBUTE.conversationId]: conversationId,
  };
}

function entryAttributes({ id, event, attempts }: InboxEntry): Attributes {
  return {
    [ATTRIBUTE.eventId]: id,
    [ATTRIBUTE.eventTopic]: event.topic,
    [ATTRIBUTE.eventAttempts]: attempts,
    ...(event.queueId === null ? {} : { [ATTRIBUTE.queueId]: event.queueId }),
    ...(event.userId === null ? {} : { [ATTRIBUTE.userId]: event.userId }),
    ...(event.correlationId === null ? {} : { [ATTRIBUTE.eventCorrelationId]: event.correlationId.slice(0, 128) }),
  };
}

/** A later one has higher precedence. */
const WEIGHT: readonly OutcomeKind[] = ['skipped', 'unchanged', 'shadowed', 'applied', 'dead-lettered'];
/** The precedence of the outcome that is on a span. */
const heaviest = new WeakMap<Span, number>();

/**
 * Each outcome is an event of the span. The outcome with the highest precedence is also in the span's attributes, because trace
 * stores search attributes of spans, by single values.
 */
function recordOutcome(span: Span, outcome: Outcome): void {
  if (!span.isRecording()) return;
  const attributes = outcomeAttributes(outcome);
  span.addEvent(SPAN_EVENT.outcome, attributes);
  const weight = WEIGHT.indexOf(outcome.kind);
  if (weight >= (heaviest.get(span) ?? 0)) {
    heaviest.set(span, weight);
    span.setAttributes(attributes);
  }
  if (outcome.kind === 'dead-lettered') markFailed(span, { name: 'DeadLetter', message: outcome.detail, code: outcome.reason });
}

function outcomeAttributes(outcome: Outcome): Attributes {
  return {
    [ATTRIBUTE.outcome]: outcome.kind,
    [ATTRIBUTE.outcomeReason]: outcome.reason,
    [ATTRIBUTE.outcomeDetail]: outcome.detail,
    ...(outcome.action === null ? {} : { [ATTRIBUTE.action]: outcome.action }),
    ...(outcome.rule === null ? {} : { [ATTRIBUTE.rule]: outcome.rule }),
    ...(outcome.participantId === null ? {} : { [ATTRIBUTE.participantId]: outcome.participantId }),
    ...(outcome.genesys === undefined ? {} : { [ATTRIBUTE.errorCode]: outcome.genesys.code }),
    ...(outcome.genesys?.correlationId ? { [ATTRIBUTE.correlationId]: outcome.genesys.correlationId } : {}),
  };
}
