import type { Conversation } from '../genesys/genesys-client.ts';
import type { Intake } from '../intake/intake.ts';
import { asNotification } from './read-notification.ts';
import { queueTopic, userTopic } from './wanted-topics.ts';

/** Takes a fetched conversation in as the notification that would have brought it. */
export function createTakeSnapshot(intake: Pick<Intake, 'acceptEvents'>, now: () => number = Date.now) {
  return async (conversation: Conversation, topics: readonly string[]): Promise<void> => {
    const topic = topicOf(conversation, topics);
    const event = topic === null ? null : asNotification(topic, conversation, now());
    if (event !== null) await intake.acceptEvents([event], now(), { via: 'look', fence: null });
  };
}

/** The newest queue or user of the conversation among the topics; a conversation without any has no notification. */
function topicOf({ participants }: Conversation, topics: readonly string[]): string | null {
  const newestFirst = participants.toReversed();
  const queues = newestFirst.flatMap(({ queueId }) => (queueId ? [queueTopic(queueId)] : []));
  const users = newestFirst.flatMap(({ userId }) => (userId ? [userTopic(userId)] : []));
  const candidates = [...queues, ...users];
  return candidates.find((candidate) => topics.includes(candidate)) ?? candidates[0] ?? null;
}
