import pino from 'pino';
import { z } from 'zod';
import type { Config } from '../config/config.ts';
import { parseRedisUrl } from '../config/redis-url.ts';
import { createRedisConnection, isMissingDatabase, type RedisConnection } from './connection.ts';
import { defineScript } from './define-script.ts';
import { createKeys } from './keys.ts';

/** A cluster reports only that no node could be used; the reason is in the last node's error. */
interface ConnectionError extends Error {
  readonly lastNodeError?: Error;
}

/** The result of inspecting a Redis. */
export interface Inspected {
  /** The configuration to use from now on: one URL of a cluster's node has become the URLs of a cluster. */
  readonly redis: Config['redis'];
  /** Why hookpatch can't work with it; one sentence each. Empty when it can. */
  readonly faults: readonly string[];
}

const READY_WITHIN_MS = 2_000;
const KEY_TYPES = ['string', 'list', 'hash', 'set', 'sorted-set', 'stream'] as const;
const CLUSTER_DATABASES = 'REDIS_URL: a Redis Cluster has database 0 only';
const silent = pino({ level: 'silent' });

/**
 * Inspects Redis before it is used: whether it is one node of a cluster or a Sentinel, whether the database exists, and whether
 * the user has the needed permissions. `null` when Redis can't be reached at this moment.
 */
export async function inspectRedis(redis: Config['redis']): Promise<Inspected | null> {
  const connection = createRedisConnection(redis, 'producer', silent);
  const errors: ConnectionError[] = [];
  connection.on('error', (error: ConnectionError) => errors.push(error));
  try {
    const isReady = await becomesReady(connection);
    const missing = errors.find(isMissingDatabase);
    if (missing !== undefined) return { redis, faults: [describeMissingDatabase(missing)] };
    if (!isReady) {
      const refused = errors.map((error) => error.lastNodeError ?? error).find(({ message }) => message.includes('NOPERM'));
      return refused === undefined ? null : { redis, faults: [describeRefusedSlots(refused, redis.prefix)] };
    }
    const address = parseRedisUrl(redis.urls.join(','));
    const mode = address?.kind === 'single' ? await readMode(connection) : null;
    if (mode === 'sentinel') {
      const faults = [
        'REDIS_URL: this is a Sentinel and no Redis; write redis+sentinel://host:port,host:port/NAME of the primary',
      ];
      return { redis, faults };
    }
    if (mode === 'cluster') {
      if (address?.database !== 0) return { redis, faults: [CLUSTER_DATABASES] };
      return await inspectRedis({ ...redis, urls: [...redis.urls, ...redis.urls] });
    }
    return { redis, faults: await findMissingPermissions(connection, redis.prefix) };
  } catch {
    return null;
  } finally {
    connection.disconnect();
  }
}

function describeMissingDatabase({ message }: Error): string {
  return message.includes('cluster mode') ? CLUSTER_DATABASES : 'REDIS_URL: Redis has no database of that number';
}

/** Until Redis 7 the commands of a cluster are dangerous ones, and without them none of its nodes is found. */
function describeRefusedSlots({ message }: Error, prefix: string): string {
  return `REDIS_URL: the user may not ask the cluster for its slots (${message}); ${enoughFor(prefix)} +cluster`;
}

function enoughFor(prefix: string): string {
  return `this is enough: ~${prefix}:* +@all -@dangerous`;
}

async function becomesReady(connection: RedisConnection): Promise<boolean> {
  if (connection.status === 'ready') return true;
  return new Promise((resolve) => {
    const settle = (isReady: boolean) => {
      clearTimeout(timer);
      resolve(isReady);
    };
    const timer = setTimeout(settle, READY_WITHIN_MS, false);
    connection.once('ready', () => settle(true)).once('end', () => settle(false));
  });
}

/** `null` if the server does not know HELLO (some proxies). */
async function readMode(connection: RedisConnection): Promise<string | null> {
  const reply = await connection.call('HELLO').catch(() => null);
  const fields = z.array(z.unknown()).safeParse(reply).data ?? Object.entries(reply ?? {}).flat();
  const mode = fields[fields.indexOf('mode') + 1];
  return typeof mode === 'string' ? mode : null;
}

async function findMissingPermissions(connection: RedisConnection, prefix: string): Promise<string[]> {
  const check = defineScript(connection, new URL('./start-check.lua', import.meta.url));
  const keys = createKeys(prefix);
  const enough = enoughFor(prefix);
  try {
    const refused = z.array(z.string()).parse(await check(KEY_TYPES.map(keys.startCheck), []));
    if (refused.length === 0) return [];
    return [`REDIS_URL: the user may not run ${refused.join(', ')}; ${enough}`];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (!reason.includes('NOPERM')) throw error;
    return [`REDIS_URL: the user may not run scripts on keys under ${prefix} (${reason}); ${enough}`];
  }
}
