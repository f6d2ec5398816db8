import { setTimeout as delay, setImmediate as endOfTurn } from 'node:timers/promises';
import { createIORedisClient, type IRedisClient } from 'bullmq';
import type { RedisConnection } from '../redis/connection.ts';

/** When a worker last asked for a job; milliseconds of `performance.now()`. */
export interface Fetches {
  triedAt: number;
  /** `null` before the first one that Redis replied to. */
  doneAt: number | null;
}

/**
 * BullMQ calls INFO for the version only, which a user without the "dangerous" commands may not call. This is the oldest
 * supported version.
 */
const INFO = 'redis_version:6.2.0';

const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 2_000;

/**
 * The connection that BullMQ gets: it needs no INFO, records when it fetches, and pauses after a fetch that Redis refused. BullMQ
 * tries again at once after an error reply. That would be thousands of commands a second for as long as the error lasts (no
 * memory, no permission).
 */
export function createBullmqClient(connection: RedisConnection, fetches?: Fetches): IRedisClient {
  return adapt(createIORedisClient(connection), fetches ?? { triedAt: 0, doneAt: null });
}

function adapt(client: IRedisClient, fetches: Fetches): IRedisClient {
  const fetch = createFetch(fetches);
  const { bzpopmin, runCommand } = client;
  const own: Record<PropertyKey, unknown> = {
    info: async () => INFO,
    duplicate: (...args: Parameters<IRedisClient['duplicate']>) => adapt(client.duplicate(...args), fetches),
    // BullMQ waits for the next job in the same turn in which the one before starts: what that one sends is more urgent.
    bzpopmin: (...args: Parameters<typeof bzpopmin>) => fetch(() => endOfTurn().then(() => bzpopmin(...args))),
    runCommand: (name: string, args: Parameters<typeof runCommand>[1]) =>
      name.startsWith('moveToActive:') ? fetch(() => runCommand(name, args)) : runCommand(name, args),
  };
  return new Proxy(client, {
    get: (target, name) => (Object.hasOwn(own, name) ? own[name] : Reflect.get(target, name)),
    // BullMQ replaces some functions with its own, which call the functions that they replaced.
    set: (target, name, value) => {
      if (!Object.hasOwn(own, name)) return Reflect.set(target, name, value);
      own[name] = value;
      return true;
    },
  });
}

function createFetch(fetches: Fetches) {
  let failures = 0;
  return async <T>(command: () => Promise<T>): Promise<T> => {
    fetches.triedAt = performance.now();
    try {
      const reply = await command();
      fetches.doneAt = performance.now();
      failures = 0;
      return reply;
    } catch (error) {
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** failures, MAX_PAUSE_MS);
      failures += 1;
      await delay(pauseMs, undefined, { ref: false });
      throw error;
    }
  };
}
