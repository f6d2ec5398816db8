import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { ConversationEvent } from '../domain/conversation-event.ts';
import { type DeliveredEvent, isAboutConversation } from '../domain/delivered-event.ts';
import type { InboxEntry } from '../domain/inbox-entry.ts';
import { parseDelivery } from '../envelopes/parse-delivery.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import { describeDelivery, withSendSpan } from '../telemetry/messaging-spans.ts';
import { recordDelivery, recordEvent } from '../telemetry/metrics.ts';
import { SPAN } from '../telemetry/span-names.ts';
import { currentTraceparent, inSpan } from '../telemetry/tracing.ts';
import { allowOnly } from './allow-methods.ts';
import type { Authenticate } from './authenticate.ts';
import type { Stored, WebhookDependencies } from './dependencies.ts';
import { rawBodyOf, requireJson } from './raw-body.ts';
import { withinDeadline } from './within-deadline.ts';

const URL = '/webhooks/genesys';
/** The first that is there counts. `webhook-id` is that of Standard Webhooks. */
const DELIVERY_KEY_HEADERS = ['idempotency-key', 'webhook-id', 'x-genesys-delivery'];

interface Result {
  readonly event: DeliveredEvent;
  readonly status: Stored['status'] | 'ignored';
}

/**
 * `POST /webhooks/genesys`: 202 with what became of each event, in the order in which they were sent. Events that no rule
 * matches are `ignored` and cost no Redis command; an empty array is a delivery of nothing: 202 with zeros.
 */
export function addWebhookRoute(scope: FastifyInstance, webhook: WebhookDependencies, authenticate: Authenticate): void {
  allowOnly(scope, 'POST', URL);
  scope.post(URL, {
    onRequest: requireJson,
    onResponse: (_request, reply, done) => {
      recordDelivery(reply.statusCode);
      done();
    },
    handler: async (request, reply) => {
      const receivedAt = webhook.now();
      authenticate(request, receivedAt);
      const origin = { receivedAt, deliveryKey: deliveryKeyOf(request.headers) };
      const matched = inSpan(SPAN.parse, () => matchEvents(parseDelivery(rawBodyOf(request), origin), webhook.ruleSet()));
      const results = await storeMatched(matched, receivedAt, webhook);
      for (const { event, status } of results) recordEvent(event.topic, status);
      const receipt = receiptOf(results);
      describeDelivery(
        receipt,
        results.map(({ event }) => event),
      );
      reply.code(202);
      return receipt;
    },
  });
}

interface MatchedEvent {
  readonly event: DeliveredEvent;
  /** Names; none: the event is ignored. */
  readonly rules: readonly string[];
}

interface WantedEvent extends MatchedEvent {
  readonly event: ConversationEvent;
}

function matchEvents(events: readonly DeliveredEvent[], ruleSet: RuleSet): readonly MatchedEvent[] {
  return events.map((event) => ({ event, rules: isAboutConversation(event) ? ruleSet.match(event) : [] }));
}

/** All events with their status; those that a rule matches are stored, all or none. */
async function storeMatched(
  events: readonly MatchedEvent[],
  receivedAt: number,
  webhook: WebhookDependencies,
): Promise<readonly Result[]> {
  const wanted = events.flatMap(({ event, rules }) => (isAboutConversation(event) && rules.length > 0 ? [{ event, rules }] : []));
  const stored = wanted.length === 0 ? [] : await store(wanted, receivedAt, webhook);
  let next = 0;
  const statusOf = ({ rules }: MatchedEvent) => (rules.length === 0 ? 'ignored' : (stored[next++]?.status ?? 'ignored'));
  return events.map((matched) => ({ event: matched.event, status: statusOf(matched) }));
}

/** What an entry stores as its `traceparent` is the span of sending it, so that its processing becomes a child of that. */
function store(wanted: readonly WantedEvent[], receivedAt: number, webhook: WebhookDependencies): Promise<readonly Stored[]> {
  return withSendSpan(wanted.length, () => {
    const traceparent = currentTraceparent();
    const entries = wanted.map(({ event, rules }) => entryOf(event, rules, receivedAt, traceparent));
    return withinDeadline(() => webhook.store.accept(entries));
  });
}

function entryOf(event: ConversationEvent, rules: readonly string[], receivedAt: number, traceparent: string): InboxEntry {
  const work = { kind: 'rules', rules } as const;
  return { version: 1, id: event.id, event, work, receivedAt, traceparent, attempts: 0, outcomes: {} };
}

function receiptOf(results: readonly Result[]) {
  const counts = { accepted: 0, duplicate: 0, ignored: 0 };
  for (const { status } of results) counts[status] += 1;
  return { ...counts, events: results.map(({ event, status }) => ({ id: event.id, status })) };
}

function deliveryKeyOf(headers: IncomingHttpHeaders): string | null {
  for (const name of DELIVERY_KEY_HEADERS) {
    const value = headers[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}
