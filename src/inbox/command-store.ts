import { z } from 'zod';
import type { Outcome } from '../domain/outcome.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { defineScript } from '../redis/define-script.ts';
import { createKeys } from '../redis/keys.ts';
import { parseStored } from '../redis/parse-stored.ts';
import { outcomeSchema } from './entry-format.ts';

/** What became of a command (actions asked for over HTTP). */
export interface CommandRecord {
  readonly traceId: string;
  /** By action key; `null` while it waits or is worked on. */
  readonly outcomes: Readonly<Record<string, Outcome>> | null;
}

export interface ClaimedName {
  readonly name: string;
  /** The id that a command whose id is `name` has in the store. */
  readonly idOfName: string;
  readonly id: string;
}

export interface CommandStore {
  /** Remembers a command. Returns the trace id that it was first asked with, which a repeated request gets too. */
  begin(conversationId: string, id: string, traceId: string): Promise<string>;
  /**
   * Lets `name` stand for a command, unless it stands for another one already or is the id of one. Returns whether it does. For a key
   * that a caller chose and no signature covers: commands with the same one differ in their ids.
   */
  claimName(conversationId: string, name: ClaimedName): Promise<boolean>;
  /** The id of the command that `name` stands for; `null` when there is none. */
  named(conversationId: string, name: string): Promise<string | null>;
  finish(conversationId: string, id: string, outcomes: Readonly<Record<string, Outcome>>): Promise<void>;
  /** `null` when no such command is known (any more). */
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
 * first: it is forgotten together with the idempotency key. Outcomes, which come later, are kept longer; a command that is done again
 * after that takes those of the first time away.
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
