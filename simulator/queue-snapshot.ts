import type { Models } from 'purecloud-platform-client-v2';
import type { Conversation, Participant } from './conversation.ts';

/**
 * The conversation in the form of the topics `v2.routing.queues.{id}.conversations` and `v2.users.{id}.conversations`. Unlike the
 * API's resource it has no times of its own, and its participants have no `startTime`, `ani` and `dnis`.
 */
export function buildConversationSnapshot(conversation: Conversation): Models.QueueConversationEventTopicConversation {
  const { id, participants, recentTransfers } = conversation;
  return JSON.parse(JSON.stringify({ id, participants: participants.map(withoutOwnTimes), recentTransfers }));
}

function withoutOwnTimes({ startTime, ani, dnis, ...participant }: Participant) {
  return participant;
}

/** Every topic that reports a change of the conversation. */
export function topicsOf({ participants }: Conversation): string[] {
  const queues = participants.flatMap(({ queueId }) =>
    queueId === undefined ? [] : `v2.routing.queues.${queueId}.conversations`,
  );
  const users = participants.flatMap(({ userId }) => (userId === undefined ? [] : `v2.users.${userId}.conversations`));
  return [...new Set([...queues, ...users])];
}
