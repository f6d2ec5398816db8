import { randomUUID } from 'node:crypto';
import { type Conversation, communicationList, communicationsOf, type Participant } from './conversation.ts';
import type { EventContent } from './event-envelope.ts';

/** Events on a bus or a channel that are not about a conversation: the topic, and an example of the body. */
const UNRELATED = {
  presence: ['v2.users.{id}.presence', { source: 'PURECLOUD', presenceDefinition: { systemPresence: 'BUSY' }, primary: true }],
  routingStatus: ['v2.users.{id}.routingStatus', { routingStatus: { status: 'INTERACTING' } }],
  activity: ['v2.users.{id}.activity', { routingStatus: { status: 'IDLE' }, presence: {} }],
  summary: ['v2.users.{id}.conversationsummary', { call: { contactCenter: { active: 1, acw: 0 } } }],
  audit: ['v2.audits.entitytype.Queue.entityid.{id}', { action: 'UPDATE', serviceName: 'ContactCenter' }],
  operation: ['v2.operations.events', { eventEntity: { name: 'x' }, eventDefinition: { id: 'x' } }],
  socketClosing: ['v2.system.socket_closing', { message: 'WebSocket is closing soon' }],
  heartbeat: ['channel.metadata', { message: 'WebSocket Heartbeat' }],
} as const satisfies Record<string, readonly [topic: string, body: Readonly<Record<string, unknown>>]>;

export type UnrelatedKind = keyof typeof UNRELATED;
export const UNRELATED_KINDS = Object.keys(UNRELATED) as readonly UnrelatedKind[];

export function unrelatedContent(kind: UnrelatedKind, at: number): EventContent {
  const [topicTemplate, eventBody] = UNRELATED[kind];
  return { topicTemplate, topicName: topicTemplate.replace('{id}', randomUUID()), eventBody, at };
}

/** `v2.conversations.{id}.transcription`: names the communication, and no participant. */
export function transcriptionContent(conversation: Conversation, participant: Participant, at: number): EventContent {
  const eventBody = {
    eventTime: new Date(at).toISOString(),
    conversationId: conversation.id,
    communicationId: communicationsOf(participant).communications.at(-1)?.id,
    transcripts: [{ utteranceId: randomUUID(), isFinal: true, channel: participant.userId ? 'INTERNAL' : 'EXTERNAL' }],
  };
  return { ...topic('v2.conversations.{id}.transcription', conversation.id), eventBody, at };
}

/**
 * `v2.conversations.chats.{id}.messages` (and of other media): the body's `id` is the message's, the sender's `id` that of its
 * communication.
 */
export function messageContent(conversation: Conversation, sender: Participant, at: number): EventContent {
  const { media, communications } = communicationsOf(sender);
  const eventBody = {
    id: randomUUID(),
    conversation: { id: conversation.id },
    sender: { id: communications.at(-1)?.id },
    body: 'hello',
    bodyType: 'standard',
    timestamp: new Date(at).toISOString(),
  };
  return { ...topic(`v2.conversations.${communicationList(media)}.{id}.messages`, conversation.id), eventBody, at };
}

function topic(topicTemplate: string, id: string) {
  return { topicTemplate, topicName: topicTemplate.replace('{id}', id) };
}
