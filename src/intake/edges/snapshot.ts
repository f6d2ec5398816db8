import type { ConversationEvent } from '../../domain/conversation-event.ts';
import { isObject, type JsonObject } from '../../domain/json-object.ts';
import { MEDIA_TYPES } from '../../domain/media-types.ts';
import type { Conversation, Participant } from '../../genesys/genesys-client.ts';

/** A participant of a snapshot, in the same form for every topic. */
export type SeenParticipant = Participant & { readonly id: string };

/** The conversation as one event shows it. */
export interface Snapshot {
  readonly event: ConversationEvent;
  readonly conversation: Conversation;
  /** Participants with an id; the others can't be distinguished. */
  readonly participants: readonly SeenParticipant[];
}

/** Whether the event's body is a conversation with its participants. */
export function isSnapshot({ body }: ConversationEvent): boolean {
  return Array.isArray(body.participants);
}

/** `null` when the event is no snapshot. */
export function snapshotOf(event: ConversationEvent): Snapshot | null {
  const { body } = event;
  if (!Array.isArray(body.participants)) return null;
  const participants = body.participants.filter(isObject).flatMap((each) => toParticipant(each, event.mediaType));
  return { event, conversation: { ...body, participants } as unknown as Conversation, participants };
}

/**
 * The topics of one medium (`v2.users.{id}.conversations.calls`) have the communication's fields in the participant itself, and
 * its user and queue as references. Here they become a communication without an id, in the form of the API's resource.
 */
function toParticipant(participant: JsonObject, mediaType: string | null): SeenParticipant | [] {
  const { id, user, queue, state, direction, connectedTime, endTime } = participant;
  if (typeof id !== 'string' || id === '') return [];
  const userId = participant.userId ?? (isObject(user) ? user.id : undefined);
  const queueId = participant.queueId ?? (isObject(queue) ? queue.id : undefined);
  const whole = { ...participant, userId, queueId };
  if (typeof state !== 'string' || mediumOf(participant) !== null) return whole as unknown as SeenParticipant;
  const medium = Object.keys(MEDIA_TYPES).find((name) => MEDIA_TYPES[name] === mediaType) ?? 'calls';
  const communication = { state, direction, connectedTime, disconnectedTime: endTime };
  return { ...whole, [medium]: [communication] } as unknown as SeenParticipant;
}

/** The name of the participant's medium in detail events; `null` when it has no communication. */
export function mediaTypeOf(participant: SeenParticipant): string | null {
  const medium = mediumOf(participant as unknown as JsonObject);
  return medium === null ? null : (MEDIA_TYPES[medium.toLowerCase()] ?? null);
}

function mediumOf(participant: JsonObject): string | null {
  const isUsed = (name: string) => {
    const communications = participant[name];
    return Array.isArray(communications) && communications.length > 0;
  };
  return Object.keys(participant).find((name) => Object.hasOwn(MEDIA_TYPES, name.toLowerCase()) && isUsed(name)) ?? null;
}
