import type { Cluster, Redis } from 'ioredis';
import { runTransaction } from './run-transaction.ts';

/** The first trace of each conversation, so that everyone who asks (an Architect flow, say) is told the same one. */
export interface TraceMemory {
  /** Keeps `traceparent` if the conversation has none yet; answers the one it has. */
  getOrSet(conversationId: string, traceparent: string): Promise<string>;
}

export interface TraceMemoryOptions {
  readonly redis: Redis | Cluster;
  readonly prefix: string;
  /** Default: a day, longer than nearly every conversation. */
  readonly ttlSeconds?: number;
}

export function createTraceMemory({ redis, prefix, ttlSeconds = 86_400 }: TraceMemoryOptions): TraceMemory {
  return {
    getOrSet: async (conversationId, traceparent) => {
      const key = `${prefix}:trace:${conversationId}`;
      // `SET ... NX GET` would be one command, but needs Redis 7, which older distributions do not have.
      const [, first] = await runTransaction(redis.multi().set(key, traceparent, 'EX', ttlSeconds, 'NX').get(key));
      return String(first);
    },
  };
}
