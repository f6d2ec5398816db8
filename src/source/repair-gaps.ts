import type { Logger } from 'pino';
import type { Clock } from '../genesys/clock.ts';
import { OPEN_CONVERSATIONS_PAGE, type OrganisationCalls } from '../genesys/organisation-calls.ts';
import { reconnectDelayMs, wait } from './wait.ts';
import { ownerOf } from './wanted-topics.ts';

export interface RepairOptions {
  readonly calls: Pick<OrganisationCalls, 'listOpenConversations'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether a look names the topics that it can belong to. */
  readonly namesTopics: boolean;
  /** A worker looks at the conversation, in its turn among the conversation's messages. */
  look(at: { readonly conversationId: string; readonly topics: readonly string[] }): void;
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

/**
 * Genesys does not keep the events of a time when nobody was connected. So the open conversations of these queues and users are
 * searched for, and a worker looks at each as if its snapshot had come. This repairs rules on the state of a conversation. Events of a conversation that ended in the meantime stay lost.
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

/** Returns how many conversations are to be looked at. */
async function repair(topics: readonly string[], options: RepairOptions, signal: AbortSignal): Promise<number> {
  const owners = topics.flatMap((topic) => {
    const owner = ownerOf(topic);
    return owner === null ? [] : { ...owner, topic };
  });
  const found = new Map<string, Set<string>>();
  for (let first = 0; first < owners.length && !signal.aborted; first += OWNERS_IN_A_QUERY) {
    const some = owners.slice(first, first + OWNERS_IN_A_QUERY);
    for (const conversationId of await listOpen(some, options)) {
      const own = found.get(conversationId) ?? new Set();
      if (options.namesTopics) for (const { topic } of some) own.add(topic);
      found.set(conversationId, own);
    }
  }
  if (signal.aborted) return 0;
  for (const [conversationId, own] of found) options.look({ conversationId, topics: [...own] });
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
