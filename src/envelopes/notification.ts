import { isObject, type JsonObject } from '../domain/json-object.ts';
import { correlationIdOf, type Envelope } from './envelope.ts';
import { presentOrNull, textOrNull } from './json.ts';

/**
 * A notification as Genesys's notification service writes it, or the `detail` of an EventBridge event that is forwarded alone: `{
 * topicName, eventBody, metadata, timestamp? }`. Genesys gives it no id; a relay may. `null` when the event does not have this
 * shape.
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
