import { z } from 'zod';
import type { Outcome } from '../domain/outcome.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { defineScript } from '../redis/define-script.ts';
import { createKeys } from '../redis/keys.ts';
import { parseStored } from '../redis/parse-stored.ts';
import { outcomeSchema } from './entry-format.ts';

/** The result of a command (actions requested over HTTP). */
export interface CommandRecord {
  readonly traceId: string;
  /** By action key; `null` while it waits or is worked on. */
  readonly outcomes: Readonly<Record<string, Outcome>> | null;
}

export interface ClaimedName {
  readonly name: string;
  /** The id in the store of a command whose id is `name`. */
  readonly idOfName: string;
  readonly id: string;
}

export interface CommandStore {
  /** Remembers a command. Returns the trace id of its first request, which a repeated request gets too. */
  begin(conversationId: string, id: string, traceId: string): Promise<string>;
  /**
   * Makes `name` refer to a command, unless it refers to another one already or is the id of one. Returns whether it does now.
   * For a key that a caller chose and no signature covers: commands with the same key differ in their ids.
   */
  claimName(conversationId: string, name: ClaimedName): Promise<boolean>;
  /** The id of the command that `name` refers to; `null` when there is none. */
  named(conversationId: string, name: string): Promise<string | null>;
  finish(conversationId: string, id: string, outcomes: Readonly<Record<string, Outcome>>): Promise<void>;
  /** `null` when no such command is known, or no longer. */
  get(conversationId: string, id: string): Promise<CommandRecord | null>;
}

export interface CommandStoreOptions {
  readonly redis: RedisConnection;
  readonly prefix: string;
  /** How long a command is remembered after it was begun or finished. */
  readonly ttlSeconds: number;
}

const outcomesSchema = z.record(z.string(), outcomeSchema);

/**
 * Two keys for each command: its trace id, and its outcomes as JSON once they are known. Repeating a command does not renew the
 * first key: it expires together with the idempotency key. Outcomes come later and are kept longer. A command that is repeated
 * after the first key expired deletes the outcomes of the first time.
 */
export function createCommandStore({ redis, prefix, ttlSeconds }: CommandStoreOptions): CommandStore {
  const begin = defineScript(redis, new URL('./begin-command.lua', import.meta.url));
  const keys = createKeys(prefix);
  return {
    begin: async (conversationId, id, traceId) => {
      const named = [keys.commandTrace(conversationId, id), keys.commandOutcomes(conversationId, id)];
      return z.string().parse(await begin(named, [traceId, ttlSeconds]));
    },

    claimName: async (conversationId, { name, idOfName, id }) => {
      const key = keys.commandName(conversationId, name);
      if ((await redis.exists(keys.commandTrace(conversationId, idOfName))) === 1) return false;
      await redis.set(key, id, 'EX', ttlSeconds, 'NX');
      return (await redis.get(key)) === id;
    },

    named: (conversationId, name) => redis.get(keys.commandName(conversationId, name)),

    finish: async (conversationId, id, outcomes) => {
      await redis.set(keys.commandOutcomes(conversationId, id), JSON.stringify(outcomes), 'EX', ttlSeconds);
    },

    get: async (conversationId, id) => {
      const [traceId, stored] = await redis.mget(keys.commandTrace(conversationId, id), keys.commandOutcomes(conversationId, id));
      if (traceId == null) return null;
      return { traceId, outcomes: stored == null ? null : parseStored(outcomesSchema, stored) };
    },
  };
}
