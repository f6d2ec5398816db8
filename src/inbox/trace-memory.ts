import { z } from 'zod';
import type { RedisConnection } from '../redis/connection.ts';
import { defineScript } from '../redis/define-script.ts';
import { createKeys } from '../redis/keys.ts';

/** The first trace of each conversation, so that every caller (an Architect flow, for example) gets the same one. */
export interface TraceMemory {
  /** Keeps `traceparent` if the conversation has none yet. Returns the one that is kept. */
  getOrSet(conversationId: string, traceparent: string): Promise<string>;
}

export interface TraceMemoryOptions {
  readonly redis: RedisConnection;
  readonly prefix: string;
  /** Default: a day, longer than nearly every conversation. */
  readonly ttlSeconds?: number;
}

export function createTraceMemory({ redis, prefix, ttlSeconds = 86_400 }: TraceMemoryOptions): TraceMemory {
  const first = defineScript(redis, new URL('./first-trace.lua', import.meta.url));
  const keys = createKeys(prefix);
  return {
    getOrSet: async (conversationId, traceparent) =>
      z.string().parse(await first([keys.trace(conversationId)], [traceparent, ttlSeconds])),
  };
}
