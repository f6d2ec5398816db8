import { isObject, type JsonObject } from '../domain/json-object.ts';
import { correlationIdOf, type Envelope } from './envelope.ts';
import { presentOrNull, textOrNull } from './json.ts';

/**
 * Amazon EventBridge, as an API destination sends it: `{ id, "detail-type", time, detail: { topicName, eventBody, metadata,
 * timestamp } }`. `detail.topicName` has the real id and `detail-type` the literal `{id}`, so `detail.topicName` is preferred. A
 * bus can also carry events from other sources than Genesys, whose `detail` is the body itself. `null` when the event does not
 * have this shape.
 */
export function readEventBridge(event: JsonObject): Envelope | null {
  const detailType = event['detail-type'];
  const { detail } = event;
  if (typeof detailType !== 'string' || !isObject(detail)) return null;
  return {
    id: textOrNull(event.id),
    topic: presentOrNull(detail.topicName) ?? detailType,
    body: isObject(detail.eventBody) ? detail.eventBody : detail,
    sentAt: presentOrNull(detail.timestamp) ?? event.time,
    correlationId: correlationIdOf(detail.metadata),
  };
}
