import { once } from 'node:events';
import { waitUntil } from '../../harness/wait-until.ts';
import { createInbox } from '../../src/inbox/redis-inbox.ts';
import { createDeliveryStore } from '../../src/intake/delivery-store.ts';
import { createConversationQueue } from '../../src/queue/conversation-queue.ts';
import { createRedisConnection } from '../../src/redis/connection.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { sampleEntry } from '../sample-entry.ts';
import type { ServiceBed } from './with-service.ts';

/** Events that wait for a worker. */
export interface Backlog {
  readonly conversations: number;
  /** Of each conversation. */
  readonly events: number;
  /** Of the body of each event, in characters. */
  readonly size: number;
}

/** Entries that are stored with one command. */
const TOGETHER = 20;
const DRAIN_TIMEOUT_MS = 150_000;

function waitingEntry(conversationId: string, id: string, text: string) {
  const occurredAt = new Date().toISOString();
  const { event } = sampleEntry(conversationId, id);
  const work = { kind: 'rules', rules: ['tag'] } as const;
  return sampleEntry(conversationId, id, { event: { ...event, occurredAt, body: { text } }, work, receivedAt: Date.now() });
}

/** Stores events of a rule `tag`. Returns what waits until the last event of each conversation has taken effect. */
export async function storeBacklog(bed: ServiceBed, { conversations, events, size }: Backlog): Promise<() => Promise<void>> {
  const logger = createLogger('silent');
  const redis = createRedisConnection({ urls: [bed.redisUrl], prefix: bed.prefix }, 'worker', logger);
  await once(redis, 'ready');
  const queue = createConversationQueue({ connection: redis, prefix: bed.prefix, logger });
  try {
    const store = createDeliveryStore({ inbox: createInbox({ redis, prefix: bed.prefix, dedupSeconds: 60 }), queue });
    const text = 'x'.repeat(size);
    const customer = { id: 'p', purpose: 'customer' };
    const ids = Array.from({ length: conversations }, () => bed.simulator.createConversation({ participants: [customer] }).id);
    for (const id of ids) {
      const entries = Array.from({ length: events }, (_, index) => waitingEntry(id, `${id}-${index}`, text));
      for (let sent = 0; sent < entries.length; sent += TOGETHER) await store.accept(entries.slice(sent, sent + TOGETHER));
    }
    const isDone = (id: string) => bed.simulator.conversation(id)?.participants[0]?.attributes.tier === `${id}-${events - 1}`;
    return async () => {
      await waitUntil(() => ids.every(isDone), { what: 'the backlog to be done', timeoutMs: DRAIN_TIMEOUT_MS });
    };
  } finally {
    await queue.close();
    redis.disconnect();
  }
}
