import type { JsonObject } from '../domain/json-object.ts';
import { correlationIdOf, type Envelope } from './envelope.ts';
import { presentOrNull, textOrNull } from './json.ts';

/**
 * A flat event, as workflows and relays write it: `topicName`, `eventType` or `topic` next to `conversationId` and the other
 * fields of the event. The event is its own body. `null` when it names no topic.
 */
export function readFlat(event: JsonObject): Envelope | null {
  const topic = presentOrNull(event.topicName) ?? presentOrNull(event.eventType) ?? presentOrNull(event.topic);
  if (typeof topic !== 'string') return null;
  return {
    id: ownId(event),
    topic,
    body: event,
    sentAt: presentOrNull(event.timestamp) ?? event.time,
    correlationId: textOrNull(event.correlationId) ?? correlationIdOf(event.metadata),
  };
}

/**
 * `eventId`, or `id` unless it only repeats the id of the event's subject. That id, used as the event's id, would make all later
 * events of that conversation duplicates.
 */
function ownId(event: JsonObject): string | null {
  const eventId = textOrNull(event.eventId);
  if (eventId !== null) return eventId;
  const id = textOrNull(event.id);
  const subjects = [event.conversationId, event.participantId, event.sessionId, event.communicationId, event.userId];
  return subjects.includes(id) ? null : id;
}
