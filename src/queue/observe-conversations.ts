import { ReplyError } from 'ioredis';
import { createInbox, type RedisInbox } from '../inbox/redis-inbox.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { createKeys, type RedisKeys } from '../redis/keys.ts';
import { observeQueues, type QueueGauges } from '../telemetry/metrics.ts';
import { CONVERSATIONS } from './conversation-queue.ts';
import { DEAD_LETTERS } from './dead-letters.ts';

/**
 * Registers the gauges of inboxes, jobs and dead letters; `redis` fails fast, so that `/metrics` responds while Redis is away.
 */
export function observeConversations(redis: RedisConnection, prefix: string): void {
  const inbox = createInbox({ redis, prefix, dedupSeconds: 1 });
  observeQueues(() => readGauges(redis, createKeys(prefix), inbox).catch(noneWhileAway));
}

/** Rethrows errors returned by Redis. Ignores connection errors, which are logged elsewhere. */
function noneWhileAway(error: unknown): null {
  if (error instanceof ReplyError) throw error;
  return null;
}

/** BullMQ's key names: `wait` and `active` are lists, `delayed` and `failed` sorted sets. */
async function readGauges(redis: RedisConnection, keys: RedisKeys, inbox: Pick<RedisInbox, 'readStats'>): Promise<QueueGauges> {
  const [stats, waiting, active, delayed, deadLetters] = await Promise.all([
    inbox.readStats(),
    redis.llen(keys.queue(CONVERSATIONS, 'wait')),
    redis.llen(keys.queue(CONVERSATIONS, 'active')),
    redis.zcard(keys.queue(CONVERSATIONS, 'delayed')),
    redis.zcard(keys.queue(DEAD_LETTERS, 'failed')),
  ]);
  return { ...stats, jobs: { waiting, active, delayed }, deadLetters };
}
