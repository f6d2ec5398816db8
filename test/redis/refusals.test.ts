import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { waitUntil } from '../../harness/wait-until.ts';
import { createRedisConnection } from '../../src/redis/connection.ts';
import { inspectRedis } from '../../src/redis/inspect.ts';
import { silent } from '../integration/redis-scope.ts';
import { openBed, prefix, startRedis } from './redis-bed.ts';

/** The URL of a user with these rights. */
async function addUser(url: string, ...rights: readonly string[]): Promise<string> {
  const redis = new Redis(url);
  await redis.call('ACL', 'SETUSER', 'hook', 'on', '>p@ss', ...rights);
  redis.disconnect();
  return url.replace('//', '//hook:p%40ss@');
}

describe('a restricted user', () => {
  test('may have as few rights as docs/redis.md says', async () => {
    const redis = await startRedis();
    const url = await addUser(redis.url, `~${prefix}:*`, '+@all', '-@dangerous');
    expect((await inspectRedis({ urls: [url], prefix }))?.faults).toEqual([]);
    const bed = await openBed({ urls: [url] });
    const worker = await bed.startWorker();
    await bed.deliver('a');
    await bed.untilSeen('a');
    expect([await bed.canStore(), worker.isFetching()]).toEqual([true, true]);
    expect(bed.lines).toEqual([]);
  });

  test.each([
    ['without scripts', [`~${prefix}:*`, '+@all', '-@scripting'], /run scripts on keys under/],
    ['with other keys', ['~other:*', '+@all'], /run scripts on keys under/],
    ['without two commands', [`~${prefix}:*`, '+@all', '-zadd', '-xadd'], /may not run zadd, xadd;/],
    ['who may only read', [`~${prefix}:*`, '+@read', '+@scripting', '+@connection'], /may not run set, /],
  ])('%s is refused at the start, with what lacks and what is enough', async (_, rights, fault) => {
    const redis = await startRedis();
    const inspected = await inspectRedis({ urls: [await addUser(redis.url, ...rights)], prefix });
    expect(inspected?.faults).toEqual([expect.stringMatching(fault)]);
    expect(inspected?.faults[0]).toContain(`~${prefix}:* +@all -@dangerous`);
  });
});

test('a password that was changed is used by connections that are made from then on', async () => {
  const redis = await startRedis();
  const admin = new Redis(redis.url);
  onTestFinished(() => admin.disconnect());
  const settings = { urls: [await addUser(redis.url, `~${prefix}:*`, '+@all', '-@dangerous')] };
  const bed = await openBed(settings);
  await bed.startWorker();
  await admin.call('ACL', 'SETUSER', 'hook', 'resetpass', '>another');
  settings.urls = [redis.url.replace('//', '//hook:another@')];
  bed.use(settings);
  await admin.call('CLIENT', 'KILL', 'USER', 'hook');
  await bed.deliver('a');
  await bed.untilSeen('a');
});

test('without memory deliveries are refused and the log stays short, and all goes on when there is memory', async () => {
  const redis = await startRedis();
  const bed = await openBed({ urls: [redis.url] });
  const worker = await bed.startWorker();
  await bed.deliver('before');
  await bed.untilSeen('before');
  const admin = new Redis(redis.url);
  onTestFinished(() => admin.disconnect());
  await admin.config('SET', 'maxmemory', '1');
  await waitUntil(async () => !(await bed.canStore()), { what: 'readiness to end' });
  await expect(bed.inbox.append([])).resolves.toEqual([]);
  await bed.untilLogged('Redis refused a command');
  await admin.config('SET', 'maxmemory', '0');
  await bed.deliver('after');
  await bed.untilSeen('after');
  await bed.untilLogged('Redis works again');
  expect([await bed.canStore(), worker.isFetching()]).toEqual([true, true]);
  expect(bed.lines.filter(({ msg }) => String(msg).startsWith('Redis'))).toHaveLength(2);
});

test('a database that Redis does not have is refused, and never replaced by another', async () => {
  const redis = await startRedis({ databases: '4' });
  const urls = [`${redis.url}/9`];
  expect((await inspectRedis({ urls, prefix }))?.faults).toEqual([expect.stringContaining('no database of that number')]);
  const connection = createRedisConnection({ urls, prefix }, 'worker', silent);
  await waitUntil(() => connection.status === 'end', { what: 'the connection to be given up' });
  expect((await inspectRedis({ urls: [`${redis.url}/3`], prefix }))?.faults).toEqual([]);
});

test('a Redis that is away is not judged', async () => {
  expect(await inspectRedis({ urls: ['redis://127.0.0.1:1'], prefix })).toBeNull();
});
