import { readFileSync } from 'node:fs';
import type { ConversationEvent } from '../../src/domain/conversation-event.ts';
import { isAboutConversation } from '../../src/domain/delivered-event.ts';
import type { JsonObject } from '../../src/domain/json-object.ts';
import { TOPIC_CATALOGUE } from '../../src/domain/topic-catalogue.ts';
import { parseDelivery } from '../../src/envelopes/parse-delivery.ts';

/** A saved payload, or fields that replace those of the sample of a topic. */
export type EventSource = { readonly file: string } | { readonly topic: string; readonly body?: JsonObject | undefined };

/** Events as a delivery of them would be read, as if they had happened at `now` (epoch milliseconds). */
export function readEvents(source: EventSource, now: number): readonly ConversationEvent[] {
  const raw = 'file' in source ? readFileSync(source.file) : Buffer.from(JSON.stringify(fromSample(source)));
  return parseDelivery(raw, { receivedAt: now, deliveryKey: null })
    .filter(isAboutConversation)
    .map((event) => ({ ...event, occurredAt: new Date(now).toISOString() }));
}

/** @throws Error when the catalogue has no such topic */
function fromSample({ topic, body = {} }: { readonly topic: string; readonly body?: JsonObject | undefined }): JsonObject {
  const found = TOPIC_CATALOGUE.find((known) => known.topic === topic || known.topic.endsWith(`{id}.${topic}`));
  if (found === undefined) throw new Error(`there is no topic "${topic}"; docs/events.md lists them`);
  const topicName = found.topic.replaceAll('{id}', '8091a2b3-c4d5-46e7-b809-1a2b3c4d5e6f');
  return { topicName, metadata: {}, eventBody: { ...found.body, ...body } };
}
