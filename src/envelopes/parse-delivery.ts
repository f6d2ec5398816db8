import type { DeliveredEvent } from '../domain/delivered-event.ts';
import { isObject, type JsonObject } from '../domain/json-object.ts';
import { toConversationEvent } from './conversation-event.ts';
import type { Envelope } from './envelope.ts';
import { EnvelopeError } from './envelope-error.ts';
import { readEventBridge } from './event-bridge.ts';
import { readEventGrid } from './event-grid.ts';
import { idFromContent, idFromKey } from './event-id.ts';
import { readFlat } from './flat.ts';
import { decodeText, parseJson } from './json.ts';
import { readNotification } from './notification.ts';
import { isOpenMessage } from './open-messaging.ts';

export interface DeliveryOrigin {
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  /** The idempotency key from a header; used only when the delivery holds one event. `null` when there is none. */
  readonly deliveryKey: string | null;
}

/** Events of a delivery are stored in one step, all or none. One step must not block others for long. */
const MAXIMUM_EVENTS = 1_000;

/** Most specific first: an EventBridge event could also be read as a flat one. */
export const READERS: readonly ((event: JsonObject) => Envelope | null)[] = [
  readEventBridge,
  readNotification,
  readEventGrid,
  readFlat,
];

/**
 * Returns the events of a delivery's raw body, in the order in which they were sent. The body is one JSON object, or an array of
 * at most 1,000; an empty array is a delivery of nothing. All or nothing: one bad event refuses the delivery. An event that is
 * not about a conversation is not a bad one.
 *
 * @throws EnvelopeError and nothing else, for any bytes
 */
export function parseDelivery(raw: Buffer, origin: DeliveryOrigin): DeliveredEvent[] {
  return parseDeliveryText(decodeText(raw), origin);
}

/** The same for a body whose bytes were checked to be UTF-8. @throws EnvelopeError */
export function parseDeliveryText(text: string, { receivedAt, deliveryKey }: DeliveryOrigin): DeliveredEvent[] {
  const value = parseJson(text);
  if (!Array.isArray(value)) return [parseEvent(value, deliveryKey, receivedAt, null)];
  if (value.length > MAXIMUM_EVENTS) {
    throw new EnvelopeError('too-many-events', `A delivery may hold ${MAXIMUM_EVENTS} events; send them in several.`);
  }
  const key = value.length === 1 ? deliveryKey : null;
  return value.map((event, position) => parseEvent(event, key, receivedAt, position));
}

function parseEvent(event: unknown, key: string | null, receivedAt: number, position: number | null): DeliveredEvent {
  if (!isObject(event)) throw new EnvelopeError('not-an-object', 'An event must be a JSON object.', position);
  const envelope = readEnvelope(event, position);
  const ownKey = key ?? envelope.id;
  const id = ownKey === null ? idFromContent(event) : idFromKey(ownKey);
  return toConversationEvent(envelope, { id, receivedAt, position });
}

function readEnvelope(event: JsonObject, position: number | null): Envelope {
  for (const read of READERS) {
    const envelope = read(event);
    if (envelope !== null) return envelope;
  }
  if (isOpenMessage(event)) throw new EnvelopeError('envelope-unknown', OPEN_MESSAGING, position);
  const expected = 'Expected an EventBridge event (detail-type, detail), a notification (topicName, eventBody) or a flat event';
  throw new EnvelopeError('envelope-unknown', `${expected} (topicName, eventType or topic, with conversationId).`, position);
}

const OPEN_MESSAGING =
  'This is a message of an Open Messaging integration to its far end, and no event of a conversation. Events come over EventBridge, a trigger or a notification.';
