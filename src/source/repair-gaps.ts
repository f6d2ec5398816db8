import type { Logger } from 'pino';
import type { ConversationEvent } from '../domain/conversation-event.ts';
import type { Clock } from '../genesys/clock.ts';
import type { GenesysClient } from '../genesys/genesys-client.ts';
import { GenesysError } from '../genesys/genesys-error.ts';
import { OPEN_CONVERSATIONS_PAGE, type OrganisationCalls } from '../genesys/organisation-calls.ts';
import type { Fed } from './feed.ts';
import { asNotification } from './read-notification.ts';
import { reconnectDelayMs, wait } from './wait.ts';
import { ownerOf, queueTopic } from './wanted-topics.ts';

export interface RepairOptions {
  readonly calls: Pick<OrganisationCalls, 'listOpenConversations'>;
  readonly genesys: Pick<GenesysClient, 'getConversation'>;
  readonly clock: Clock;
  readonly logger: Logger;
  push(fed: Fed): void;
  accept(event: ConversationEvent): Promise<void>;
}

export interface GapRepairs {
  /** Nobody listened to these topics for a while. Gaps that occur during a repair are repaired together afterwards. */
  request(topics: readonly string[]): void;
  stop(): void;
  /** Resolves when no repair is under way. */
  idle(): Promise<void>;
}

/** A conversation that started earlier than this is not searched for. Genesys allows 31 days. */
const LOOK_BACK_MS = 7 * 24 * 60 * 60_000;
/** Owners in one query. [?]: how many predicates a filter may have is not published. */
const OWNERS_IN_A_QUERY = 50;
/** Ten thousand conversations; a set of queues has no more at once. */
const MOST_PAGES = 100;
/** The memory of an id that waits to be fetched. */
const BYTES_OF_AN_ID = 200;

/**
 * Genesys does not keep the events of a time when nobody was connected. So the open conversations of these queues and users are
 * searched for and fetched, and each is processed as if its snapshot had come. This repairs rules on the state of a conversation.
 * Events of a conversation that ended in the meantime stay lost.
 */
export function createGapRepairs(options: RepairOptions): GapRepairs {
  const { clock, logger } = options;
  const stopping = new AbortController();
  const wanted = new Set<string>();
  let running: Promise<void> | null = null;

  const run = async () => {
    for (let failures = 0; wanted.size > 0 && !stopping.signal.aborted; ) {
      const topics = [...wanted];
      wanted.clear();
      try {
        const conversations = await repair(topics, options, stopping.signal);
        logger.info({ topics: topics.length, conversations }, 'looked for what a gap in the notifications may have hidden');
        failures = 0;
      } catch (error) {
        if (stopping.signal.aborted) return;
        for (const topic of topics) wanted.add(topic);
        logger.warn({ err: error }, 'a gap in the notifications could not be repaired; trying again');
        await wait(clock, 1_000 + reconnectDelayMs(++failures), stopping.signal);
      }
    }
  };

  return {
    request: (topics) => {
      for (const topic of topics) wanted.add(topic);
      running ??= run().finally(() => {
        running = null;
      });
    },
    stop: () => stopping.abort(),
    idle: async () => {
      while (running !== null) await running;
    },
  };
}

/** Returns how many conversations were queued. */
async function repair(topics: readonly string[], options: RepairOptions, signal: AbortSignal): Promise<number> {
  const owners = topics.flatMap((topic) => {
    const owner = ownerOf(topic);
    return owner === null ? [] : { ...owner, topic };
  });
  const found = new Set<string>();
  for (let first = 0; first < owners.length && !signal.aborted; first += OWNERS_IN_A_QUERY) {
    const some = owners.slice(first, first + OWNERS_IN_A_QUERY);
    for (const conversationId of await listOpen(some, options)) {
      if (found.has(conversationId) || signal.aborted) continue;
      found.add(conversationId);
      options.push(lookAt(conversationId, new Set(topics), options));
    }
  }
  return found.size;
}

async function listOpen(
  owners: readonly { readonly dimension: string; readonly value: string }[],
  { calls, clock }: RepairOptions,
) {
  const found: string[] = [];
  const now = clock.now();
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const ids = await calls.listOpenConversations({ startedAfter: now - LOOK_BACK_MS, now, owners, page });
    found.push(...ids);
    if (ids.length < OPEN_CONVERSATIONS_PAGE) break;
  }
  return found;
}

/** Fetched in its turn among the conversation's messages. If the conversation is gone by then, there is nothing to repair. */
function lookAt(conversationId: string, topics: ReadonlySet<string>, { genesys, clock, accept }: RepairOptions): Fed {
  const accepted = async () => {
    const fetched = await genesys.getConversation(conversationId, 'repair').catch((error: unknown) => {
      if (error instanceof GenesysError && error.class === 'not-visible') return null;
      throw error;
    });
    if (fetched === null) return;
    const { participants } = fetched.conversation;
    const candidates = participants
      .toReversed()
      .flatMap(({ queueId, userId }) => [
        ...(queueId ? [queueTopic(queueId)] : []),
        ...(userId ? [`v2.users.${userId}.conversations`] : []),
      ]);
    const topic = candidates.find((candidate) => topics.has(candidate)) ?? candidates[0];
    if (topic === undefined) return;
    const event = asNotification(topic, fetched.conversation, clock.now());
    if (event !== null) await accept(event);
  };
  return { conversationId, bytes: BYTES_OF_AN_ID, accept: accepted };
}
