import { type ConversationEvent, NO_DETAILS } from '../domain/conversation-event.ts';
import type { DeliveredEvent } from '../domain/delivered-event.ts';
import { isObject, type JsonObject } from '../domain/json-object.ts';
import { isPathId } from '../domain/path-id.ts';
import type { Envelope } from './envelope.ts';
import { EnvelopeError } from './envelope-error.ts';
import { parseEventTime } from './event-time.ts';
import { presentOrNull, textOrNull } from './json.ts';
import { claimsConversation, generalizeTopic, isConversationTopic, isTopic, mediaTypeOf, ownerOf } from './topic.ts';

export interface EventOrigin {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  /** Index in the array that was sent; `null` when the body is no array. */
  readonly position: number | null;
}

/**
 * The event in an envelope. Only an event that claims to be about a conversation must be readable.
 *
 * A snapshot's body is the conversation with all its participants, and none of them is the event's own participant. So no field
 * of a participant is read from it. The names in its topic (user, queue, medium) are read.
 *
 * @throws EnvelopeError `topic-invalid`, `conversation-id-missing`, `conversation-id-invalid`, `time-invalid`
 */
export function toConversationEvent(envelope: Envelope, origin: EventOrigin): DeliveredEvent {
  const { body, topic } = envelope;
  if (!isTopic(topic)) throw new EnvelopeError('topic-invalid', TOPIC_EXPECTED, origin.position);
  const general = generalizeTopic(topic);
  const isSnapshot = Array.isArray(body.participants) || isConversationTopic(general);
  const conversationId = conversationIdOf(envelope, isSnapshot);
  if (conversationId === null && !claimsConversation(general)) return { id: origin.id, topic: general, conversationId: null };
  assertConversationId(conversationId, origin.position);
  const occurredAt = occurredAtOf(envelope, origin);
  const { correlationId } = envelope;
  const parties = isSnapshot ? partiesOfSnapshot(topic, general) : partiesOf(body, general);
  return { id: origin.id, topic: general, conversationId, occurredAt, ...parties, correlationId, body };
}

const TOPIC_EXPECTED = 'The topic must be 1 to 256 printable ASCII characters.';

type Parties = Omit<ConversationEvent, 'id' | 'topic' | 'conversationId' | 'occurredAt' | 'correlationId' | 'body'>;

function partiesOf(body: JsonObject, general: string): Parties {
  const direction = upperCaseOrNull(body.direction);
  const ani = textOrNull(body.ani);
  const dnis = textOrNull(body.dnis);
  return {
    participantId: textOrNull(body.participantId),
    communicationId: textOrNull(body.sessionId) ?? textOrNull(body.communicationId) ?? chatMemberOf(body),
    userId: textOrNull(body.userId),
    queueId: textOrNull(body.queueId),
    mediaType: upperCaseOrNull(body.mediaType) ?? mediaTypeOf(general),
    direction,
    ani,
    dnis,
    address: textOrNull(body.address) ?? remoteAddress(body, direction, ani, dnis),
  };
}

/**
 * Of a chat's `messages` and `members` notification, which names its conversation as `conversation.id`. A member's id is the id
 * of its communication.
 */
function chatMemberOf({ conversation, sender, member }: JsonObject): string | null {
  if (!isObject(conversation)) return null;
  return [sender, member].map((party) => (isObject(party) ? textOrNull(party.id) : null)).find((id) => id !== null) ?? null;
}

function partiesOfSnapshot(topic: string, general: string): Parties {
  return { ...NO_DETAILS, ...ownerOf(topic), mediaType: mediaTypeOf(general) };
}

/**
 * The far side's address: the origin of an inbound conversation, the destination of an outbound one. Without a known direction
 * the result is `null`, because a guess could find the wrong participant.
 */
function remoteAddress(body: JsonObject, direction: string | null, ani: string | null, dnis: string | null): string | null {
  if (direction === 'INBOUND') return textOrNull(body.addressFrom) ?? ani;
  if (direction === 'OUTBOUND') return textOrNull(body.addressTo) ?? dnis;
  return null;
}

/**
 * The id as written; `null` when the event names none. The `id` of a body is the conversation's id in a snapshot only: a chat
 * message has its own.
 */
function conversationIdOf({ body, conversationId }: Envelope, isSnapshot: boolean): unknown {
  const { conversation } = body;
  return (
    presentOrNull(body.conversationId) ??
    (isObject(conversation) ? presentOrNull(conversation.id) : null) ??
    (isSnapshot ? presentOrNull(body.id) : null) ??
    presentOrNull(conversationId)
  );
}

function assertConversationId(conversationId: unknown, position: number | null): asserts conversationId is string {
  if (conversationId === null) {
    throw new EnvelopeError('conversation-id-missing', 'The event must name its conversation (conversationId).', position);
  }
  if (isPathId(conversationId)) return;
  const expected = 'A conversation id must be 1 to 128 letters, digits, or any of "_.:-".';
  throw new EnvelopeError('conversation-id-invalid', expected, position);
}

function occurredAtOf({ body, sentAt }: Envelope, { receivedAt, position }: EventOrigin): string {
  const time = presentOrNull(body.eventTime) ?? presentOrNull(sentAt);
  const occurredAt = time === null ? new Date(receivedAt).toISOString() : parseEventTime(time);
  if (occurredAt !== null) return occurredAt;
  throw new EnvelopeError('time-invalid', "The event's time must be epoch milliseconds or ISO 8601.", position);
}

function upperCaseOrNull(value: unknown): string | null {
  return textOrNull(value)?.toUpperCase() ?? null;
}
