import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import type { RedisChild, RedisProgram } from '../../harness/redis-child.ts';
import { prefix, startRedis } from './set-up.ts';

export const USER = { name: 'hook', password: 'p@ss' };

/** As docs/redis.md says. */
export const ENOUGH: readonly string[] = [`~${prefix}:*`, '+@all', '-@dangerous'];

/** Puts a user with these rights into a Redis, and returns the URL of that user. */
export async function addUser({ url }: RedisChild, ...rights: readonly string[]): Promise<string> {
  const redis = new Redis(url);
  await redis.call('ACL', 'SETUSER', USER.name, 'on', `>${USER.password}`, ...rights);
  redis.disconnect();
  return url.replace('//', `//${USER.name}:${encodeURIComponent(USER.password)}@`);
}

/** A Redis with a user who has these rights, and a client who may do everything. */
export async function startRestricted(rights: readonly string[], program?: RedisProgram) {
  const redis = await startRedis({}, program);
  const admin = new Redis(redis.url);
  onTestFinished(() => admin.disconnect());
  const REDIS_URL = await addUser(redis, ...rights);
  return { redis, admin, env: { REDIS_URL } };
}
