import { isObject, type JsonObject } from '../domain/json-object.ts';
import { correlationIdOf, type Envelope } from './envelope.ts';
import { presentOrNull, textOrNull } from './json.ts';

/**
 * A notification as Genesys's notification service writes it, and what is left of an EventBridge event whose `detail`
 * alone is forwarded: `{ topicName, eventBody, metadata, timestamp? }`. Genesys gives it no id; a relay may.
 * `null` when the event is not of this shape.
 */
export function readNotification(event: JsonObject): Envelope | null {
  const { topicName, eventBody } = event;
  if (typeof topicName !== 'string' || !isObject(eventBody)) return null;
  return {
    id: textOrNull(event.id),
    topic: topicName,
    body: eventBody,
    conversationId: event.conversationId,
    sentAt: presentOrNull(event.timestamp) ?? event.time,
    correlationId: correlationIdOf(event.metadata),
  };
}
