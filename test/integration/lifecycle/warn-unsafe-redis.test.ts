import { Redis } from 'ioredis';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { startRedisChild } from '../../../harness/redis.ts';
import { warnUnsafeRedis } from '../../../src/lifecycle/warn-unsafe-redis.ts';
import { createRedisConnection } from '../../../src/redis/connection.ts';
import { silent } from '../redis-scope.ts';

/** What is logged about a Redis with these settings. */
async function warningsOf(settings: Readonly<Record<string, string>>, mayAsk = true) {
  const redis = await startRedisChild({ settings });
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const url = mayAsk ? redis.url : await addRestrictedUser(redis.url);
  const connection = createRedisConnection({ urls: [url], prefix: '{t}' }, 'worker', silent);
  try {
    await warnUnsafeRedis(connection, logger);
    return lines.map(({ level, setting, found, wanted, msg }) => ({ level, setting, found, wanted, msg }));
  } finally {
    connection.disconnect();
    await redis.stop();
  }
}

/** Answers the URL of a user who may do all but read the settings, as managed Redis has it. */
async function addRestrictedUser(url: string): Promise<string> {
  const redis = new Redis(url);
  await redis.call('ACL', 'SETUSER', 'restricted', 'on', '>secret', '~*', '+@all', '-config');
  redis.disconnect();
  return url.replace('//', '//restricted:secret@');
}

describe('at the start', () => {
  test('nothing is said about a Redis that keeps what it is given', async () => {
    expect(await warningsOf({})).toEqual([]);
  });

  test('a Redis that may evict keys is warned of, with the name of the setting', async () => {
    expect(await warningsOf({ 'maxmemory-policy': 'allkeys-lru' })).toEqual([
      expect.objectContaining({ level: 40, setting: 'maxmemory-policy', found: 'allkeys-lru', wanted: 'noeviction' }),
    ]);
  });

  test('a Redis without an append-only file is warned of, with the name of the setting', async () => {
    expect(await warningsOf({ appendonly: 'no' })).toEqual([
      expect.objectContaining({ level: 40, setting: 'appendonly', found: 'no', wanted: 'yes' }),
    ]);
  });

  test('a Redis that does not let us ask is said to be unknown, for each setting', async () => {
    expect(await warningsOf({}, false)).toEqual([
      expect.objectContaining({ level: 30, setting: 'maxmemory-policy', wanted: 'noeviction' }),
      expect.objectContaining({ level: 30, setting: 'appendonly', wanted: 'yes' }),
    ]);
  });
});
