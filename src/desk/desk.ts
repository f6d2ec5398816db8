import type { ConversationQueue, DelayedConversation } from '../queue/conversation-queue.ts';
import type { DeadLetterFilter } from '../queue/dead-letter-filter.ts';
import type { DeadLetters, ListedDeadLetter } from '../queue/dead-letters.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { createKeys } from '../redis/keys.ts';
import type { StoryQuery, StoryReader } from '../story/story-reader.ts';
import { type EventStory, eventStories } from './event-story.ts';

/** All that is known of a conversation. */
export interface ConversationRecord {
  readonly conversationId: string;
  /** Oldest first. Empty if no event came in for it while stories are kept, or stories are off. */
  readonly events: readonly EventStory[];
  /** Newest first. */
  readonly deadLetters: readonly ListedDeadLetter[];
  /** Entries in its inbox. */
  readonly waiting: number;
}

/** The queries of people on call. */
export interface Desk {
  /** The conversations that an id of any kind leads to, newest first. */
  find(id: string): Promise<readonly string[]>;
  search(query: StoryQuery): Promise<readonly string[]>;
  conversation(conversationId: string): Promise<ConversationRecord>;
  /** Newest first, at most `limit`. */
  deadLetters(filter: DeadLetterFilter, limit: number): Promise<readonly ListedDeadLetter[]>;
  /** Retries or drops these, oldest first; returns the ids of those that were retried or dropped. */
  change(change: DeadLetterChange, ids: readonly string[]): Promise<readonly string[]>;
  /** Conversations whose next try is delayed, soonest first. */
  waiting(limit: number): Promise<readonly WaitingConversation[]>;
  /** Schedules these for an immediate try; returns those that waited. */
  wake(conversationIds: readonly string[]): Promise<readonly string[]>;
  /** How many times events of a rule have ended while stories are kept. */
  countOf(rule: string): Promise<number>;
}

export interface WaitingConversation extends DelayedConversation {
  /** The reason from its story; `null` if it is not known. */
  readonly because: string | null;
}

export type DeadLetterChange = 'retry' | 'drop';

export interface DeskOptions {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly stories: StoryReader;
  readonly deadLetters: Pick<DeadLetters, 'search' | DeadLetterChange>;
  readonly queue: Pick<ConversationQueue, 'listDelayed' | 'wake'>;
}

/** If a conversation has more, they have one cause, which the newest show. */
const DEAD_LETTERS_SHOWN = 20;

export function createDesk({ redis, prefix, stories, deadLetters, queue }: DeskOptions): Desk {
  const keys = createKeys(prefix);

  const listDeadLetters = async (filter: DeadLetterFilter, limit: number) => {
    const listed: ListedDeadLetter[] = [];
    for await (const each of deadLetters.search(filter)) {
      listed.push(each);
      if (listed.length >= limit) break;
    }
    return listed;
  };

  const conversation = async (conversationId: string) => {
    const [lines, letters, waiting] = await Promise.all([
      stories.story(conversationId),
      listDeadLetters({ conversationId }, DEAD_LETTERS_SHOWN),
      redis.llen(keys.inbox(conversationId)),
    ]);
    return { conversationId, events: eventStories(lines), deadLetters: letters, waiting };
  };

  const becauseOf = async (conversationId: string) => {
    const last = (await stories.story(conversationId)).findLast(({ kind }) => kind === 'waiting');
    return last?.kind === 'waiting' ? last.because : null;
  };

  return {
    find: async (id) => {
      const found = await stories.find(id);
      if (found.length > 0) return found;
      const { deadLetters: letters, waiting } = await conversation(id);
      return letters.length > 0 || waiting > 0 ? [id] : [];
    },
    search: (query) => stories.search(query),
    conversation,
    deadLetters: listDeadLetters,
    change: async (change, ids) => {
      const changed: string[] = [];
      for (const id of ids) if (await deadLetters[change](id)) changed.push(id);
      return changed;
    },
    waiting: async (limit) =>
      Promise.all(
        (await queue.listDelayed(limit)).map(async (each) => ({ ...each, because: await becauseOf(each.conversationId) })),
      ),
    wake: async (conversationIds) => {
      const woken: string[] = [];
      for (const conversationId of conversationIds) if (await queue.wake(conversationId)) woken.push(conversationId);
      return woken;
    },
    countOf: (rule) => stories.countOf(rule),
  };
}
