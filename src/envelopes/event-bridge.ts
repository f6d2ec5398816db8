import { isObject, type JsonObject } from '../domain/json-object.ts';
import { correlationIdOf, type Envelope } from './envelope.ts';
import { textOrNull } from './json.ts';

/**
 * Amazon EventBridge, as an API destination sends it: `{ id, "detail-type", time, detail: { topicName, eventBody, metadata, timestamp } }`.
 * `detail.topicName` has the real id and `detail-type` the literal `{id}`, so the former is preferred.
 * `null` when the event is not of this shape.
 */
export function readEventBridge(event: JsonObject): Envelope | null {
  const detailType = event['detail-type'];
  const { detail } = event;
  if (typeof detailType !== 'string' || !isObject(detail) || !isObject(detail.eventBody)) return null;
  return {
    id: textOrNull(event.id),
    topic: detail.topicName ?? detailType,
    body: detail.eventBody,
    sentAt: detail.timestamp ?? event.time,
    correlationId: correlationIdOf(detail.metadata),
  };
}
