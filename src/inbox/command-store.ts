import type { Cluster, Redis } from 'ioredis';
import type { Outcome } from '../domain/outcome.ts';

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

/**
 * Input:  KEYS[1] the trace key, KEYS[2] the outcomes key; ARGV[1] the trace id, ARGV[2] seconds
 * Output: the trace id that the command was first asked with
 */
const BEGIN = `
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'EX', ARGV[2]) then return redis.call('GET', KEYS[1]) end
redis.call('DEL', KEYS[2])
return ARGV[1]`;

/**
 * Two keys for each command: its trace id, and its outcomes as JSON once they are known. Repeating a command does not renew the
 * first: it is forgotten together with the idempotency key. Outcomes, which come later, are kept longer; a command that is done again
 * after that takes those of the first time away.
 */
export function createCommandStore({ redis, prefix, ttlSeconds }: CommandStoreOptions): CommandStore {
  const keyOf = (field: 'trace' | 'outcomes', conversationId: string, id: string) =>
    `${prefix}:command-${field}:${conversationId}:${id}`;
  return {
    begin: async (conversationId, id, traceId) => {
      const keys = [keyOf('trace', conversationId, id), keyOf('outcomes', conversationId, id)];
      return String(await redis.eval(BEGIN, keys.length, ...keys, traceId, ttlSeconds));
    },

    finish: async (conversationId, id, outcomes) => {
      await redis.set(keyOf('outcomes', conversationId, id), JSON.stringify(outcomes), 'EX', ttlSeconds);
    },

    get: async (conversationId, id) => {
      const [traceId, outcomes] = await redis.mget(keyOf('trace', conversationId, id), keyOf('outcomes', conversationId, id));
      if (traceId == null) return null;
      return { traceId, outcomes: outcomes == null ? null : (JSON.parse(outcomes) as Record<string, Outcome>) };
    },
  };
}
