import type { RedisConnection } from '../redis/connection.ts';
import { createKeys } from '../redis/keys.ts';

/**
 * Conversations in which something came that must not wait, such as a transfer. A worker that is busy looks here several times a
 * second. An announcement is only a hint: the job is in the queue in any case, and is processed in its turn without it.
 */
export interface UrgentConversations {
  /** `waiting`: the job is at the head of the queue now. `active`: some worker has the job already. */
  announce(conversationId: string, state: 'waiting' | 'active'): Promise<void>;
  /** Takes up to `limit` waiting ones, so that no other worker takes them; returns how many. */
  takeWaiting(limit: number): Promise<number>;
  /** The active ones. */
  listActive(): Promise<readonly string[]>;
}

/** After this time a hint is of no use: its conversation was processed, or its job is not at the head any more. */
const VALID_MS = 10_000;
const MOST_KEPT = 1_000;

export function createUrgentConversations({ redis, prefix }: { redis: RedisConnection; prefix: string }): UrgentConversations {
  const keys = createKeys(prefix);
  return {
    async announce(conversationId, state) {
      const key = keys.urgent(state);
      const added = redis.zadd(key, Date.now(), conversationId);
      const kept = redis.zremrangebyrank(key, 0, -MOST_KEPT - 1);
      await Promise.all([added, kept, redis.pexpire(key, VALID_MS)]);
    },
    async takeWaiting(limit) {
      if (limit <= 0) return 0;
      // [member, score, ...] in RESP2, [[member, score], ...] in RESP3
      const taken = (await redis.zpopmax(keys.urgent('waiting'), limit)).flat();
      const times = taken.filter((_, index) => index % 2 === 1).map(Number);
      return times.filter((at) => Date.now() - at < VALID_MS).length;
    },
    listActive: () => redis.zrangebyscore(keys.urgent('active'), Date.now() - VALID_MS, '+inf'),
  };
}
