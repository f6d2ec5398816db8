import { type Conversation, communicationList, communicationsOf, type Media, type Participant } from './conversation.ts';
import type { EventContent } from './event-envelope.ts';

/** The `v2.users.{userId}.conversations.<medium>` notification: the conversation as one agent's desktop shows it. */
export function buildSnapshot(conversation: Conversation, userId: string, media: Media, at: number): EventContent {
  const topic = (id: string) => `v2.users.${id}.conversations.${communicationList(media)}`;
  return {
    topicName: topic(userId),
    topicTemplate: topic('{id}'),
    at,
    eventBody: { id: conversation.id, participants: conversation.participants.map(snapshotParticipant), otherMediaUris: [] },
  };
}

/** `ConversationCallEventTopicCallMediaParticipant`: the communication's fields are the participant's own here. */
function snapshotParticipant(participant: Participant): Readonly<Record<string, unknown>> {
  const communication = communicationsOf(participant).communications.at(-1);
  const { id, purpose, startTime, connectedTime, endTime, address, name, attributes, ani, dnis, wrapupRequired, wrapup } =
    participant;
  return {
    id,
    purpose,
    startTime,
    connectedTime,
    endTime,
    address,
    name,
    state: communication?.state,
    direction: communication?.direction,
    disconnectType: communication?.disconnectType,
    provider: communication?.provider,
    user: participant.userId === undefined ? undefined : { id: participant.userId },
    queue: participant.queueId === undefined ? undefined : { id: participant.queueId },
    attributes,
    ani,
    dnis,
    wrapupRequired,
    wrapup,
    startAcwTime: participant.startAcwTime,
    endAcwTime: participant.endAcwTime,
  };
}
