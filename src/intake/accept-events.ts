import type { ConversationEvent } from '../domain/conversation-event.ts';
import { type DeliveredEvent, isAboutConversation } from '../domain/delivered-event.ts';
import { type InboxEntry, newEntry, type SentEvent } from '../domain/inbox-entry.ts';
import { KeyReusedError } from '../inbox/inbox.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import type { StoryRecorder } from '../story/story-recorder.ts';
import { describeDelivery, withSendSpan } from '../telemetry/messaging-spans.ts';
import { recordEvent } from '../telemetry/metrics.ts';
import { currentTraceparent } from '../telemetry/tracing.ts';
import { countKeyReused } from './count-key-reused.ts';
import type { DeliveryStore, Stored } from './delivery-store.ts';
import { isSnapshot } from './edges/snapshot.ts';
import type { TakeEdges } from './edges/take-edges.ts';
import type { EventStatus, Intake, Origin, Receipt } from './intake.ts';
import { createMatchEvents, type MatchLogger, missedOf, namesOfMatched } from './match-events.ts';
import { recordReceived } from './record-received.ts';
import { StoreUnavailableError, withinDeadline } from './within-deadline.ts';

export interface AcceptEventsDependencies {
  readonly store: DeliveryStore;
  /** The rules in force now; read for each delivery, so that a reload takes effect. */
  ruleSet(): RuleSet;
  readonly logger: MatchLogger;
  /** After the event itself. */
  readonly takeEdges: TakeEdges;
  /** Keeps what the event shows, if a write in its conversation awaits proof. */
  noteEvidence(event: ConversationEvent): void;
  readonly story: StoryRecorder;
}

interface MatchedEvent extends Pick<InboxEntry, 'missed'> {
  readonly event: DeliveredEvent;
  /** Names of rules; if empty, the event is ignored. */
  readonly rules: readonly string[];
}

interface WantedEvent extends MatchedEvent {
  readonly event: ConversationEvent;
}

export const FROM_WEBHOOK: Origin = { via: 'webhook', fence: null };

/**
 * Match, entry, store, edges, receipt. If the edges of a delivery could not be stored, the sender repeats it. Its events are then
 * duplicates, and the edges are stored.
 */
export function createAcceptEvents(dependencies: AcceptEventsDependencies): Intake['acceptEvents'] {
  const { store, ruleSet, logger, takeEdges, noteEvidence, story } = dependencies;
  const matchEvents = createMatchEvents(logger);
  return async (events, receivedAt, origin = FROM_WEBHOOK) => {
    const rulesInForce = ruleSet();
    const verdicts = await matchEvents(events, rulesInForce);
    const matched: MatchedEvent[] = events.map((event, index) => {
      const own = verdicts[index] ?? [];
      return { event, rules: namesOfMatched(own), ...missedOf(own) };
    });
    const wanted = matched.filter(isWanted);
    const stored =
      wanted.length === 0
        ? []
        : await storeMatched(wanted, { ...origin, receivedAt, sent: events.length === 1 ? (origin.sent ?? null) : null }, store)
            .catch(atPositionOf(matched))
            .catch(namingConversations(wanted));
    for (const event of events) {
      if (!isAboutConversation(event) || !isSnapshot(event)) continue;
      await withinDeadline(() => takeEdges(event, rulesInForce, receivedAt, origin));
    }
    for (const event of events) if (isAboutConversation(event)) noteEvidence(event);
    const statuses = statusesOf(matched, stored);
    for (const [index, event] of events.entries()) {
      const status = statuses[index] ?? 'ignored';
      recordEvent(event.topic, status);
      recordReceived(story, event, { status, rules: verdicts[index] ?? [], at: receivedAt, via: origin.via });
    }
    const receipt = receiptOf(events, statuses);
    describeDelivery(receipt, events);
    return receipt;
  };
}

/** For `catch`: converts a position among the events that a rule matches to a position among all events. */
function atPositionOf(matched: readonly MatchedEvent[]): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof KeyReusedError)) throw error;
    const positions = [...matched.keys()].filter((position) => matched[position]?.rules.length !== 0);
    throw new KeyReusedError(positions[error.position] ?? error.position, error.conversationId);
  };
}

/** For `catch`: the log names the conversations whose events could not be stored. */
function namingConversations(wanted: readonly WantedEvent[]): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof StoreUnavailableError)) throw error;
    throw new StoreUnavailableError(error.cause, [...new Set(wanted.map(({ event }) => event.conversationId))]);
  };
}

function isWanted(matched: MatchedEvent): matched is WantedEvent {
  return matched.rules.length > 0 && isAboutConversation(matched.event);
}

interface Storing extends Omit<Origin, 'sent'> {
  readonly receivedAt: number;
  readonly sent: SentEvent | null;
}

/** An entry stores the span of sending it as its `traceparent`, so that its processing becomes a child of that span. */
function storeMatched(
  wanted: readonly WantedEvent[],
  { receivedAt, via, fence, sent }: Storing,
  store: DeliveryStore,
): Promise<readonly Stored[]> {
  return withSendSpan(wanted.length, () => {
    const traceparent = currentTraceparent();
    const entries = wanted.map(({ event, rules, ...missed }) =>
      newEntry(event, { kind: 'rules', rules }, { receivedAt, traceparent, via, ...missed }, sent),
    );
    return withinDeadline(() => store.accept(entries, fence).catch(countKeyReused('rules')));
  });
}

/** `stored` has one element for each event that a rule matches. */
function statusesOf(matched: readonly MatchedEvent[], stored: readonly Stored[]): EventStatus[] {
  let next = 0;
  return matched.map(({ rules }) => (rules.length === 0 ? 'ignored' : (stored[next++]?.status ?? 'ignored')));
}

function receiptOf(events: readonly DeliveredEvent[], statuses: readonly EventStatus[]): Receipt {
  const counts = { accepted: 0, duplicate: 0, ignored: 0 };
  for (const status of statuses) counts[status] += 1;
  return { ...counts, events: events.map(({ id }, index) => ({ id, status: statuses[index] ?? 'ignored' })) };
}
