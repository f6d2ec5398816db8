import type { Cluster, Redis } from 'ioredis';
import type { Outcome } from '../domain/outcome.ts';
import { runTransaction } from './run-transaction.ts';

/** What became of a command (actions asked for over HTTP). */
export interface CommandRecord {
  readonly traceId: string;
  /** By action key; `null` while it waits or is worked on. */
  readonly outcomes: Readonly<Record<string, Outcome>> | null;
}

export interface CommandStore {
  /** Remembers a command; answers the trace id that it was first asked with, which a repeated request gets too. */
  begin(conversationId: string, id: string, traceId: string): Promise<string>;
  finish(conversationId: string, id: string, outcomes: Readonly<Record<string, Outcome>>): Promise<void>;
  /** `null` when no such command is known (any more). */
  get(conversationId: string, id: string): Promise<CommandRecord | null>;
}

export interface CommandStoreOptions {
  readonly redis: Redis | Cluster;
  readonly prefix: string;
  /** How long a command is remembered after it was begun or finished. */
  readonly ttlSeconds: number;
}

/** One Redis hash for each command: `traceId`, and `outcomes` as JSON once they are known. */
export function createCommandStore({ redis, prefix, ttlSeconds }: CommandStoreOptions): CommandStore {
  const keyOf = (conversationId: string, id: string) => `${prefix}:command:${conversationId}:${id}`;
  return {
    begin: async (conversationId, id, traceId) => {
      const key = keyOf(conversationId, id);
      const transaction = redis.multi().hsetnx(key, 'traceId', traceId).expire(key, ttlSeconds).hget(key, 'traceId');
      const [, , first] = await runTransaction(transaction);
      return String(first);
    },

    finish: async (conversationId, id, outcomes) => {
      const key = keyOf(conversationId, id);
      await runTransaction(redis.multi().hset(key, 'outcomes', JSON.stringify(outcomes)).expire(key, ttlSeconds));
    },

    get: async (conversationId, id) => {
      const [traceId, outcomes] = await redis.hmget(keyOf(conversationId, id), 'traceId', 'outcomes');
      if (traceId == null) return null;
      return { traceId, outcomes: outcomes == null ? null : (JSON.parse(outcomes) as Record<string, Outcome>) };
    },
  };
}
