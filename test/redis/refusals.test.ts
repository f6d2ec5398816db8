import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { waitUntil } from '../../harness/wait-until.ts';
import { createRedisConnection } from '../../src/redis/connection.ts';
import { inspectRedis } from '../../src/redis/inspect.ts';
import { silent } from '../integration/redis-scope.ts';
import { restrictedCase } from './cases.ts';
import { openBed } from './redis-bed.ts';
import { prefix, startRedis } from './set-up.ts';
import { addUser, ENOUGH } from './start-restricted.ts';
import { withWholeService } from './whole-service.ts';

describe('a restricted user', () => {
  test('may have as few rights as docs/redis.md says', async () => {
    const redis = await startRedis();
    const url = await addUser(redis, ...ENOUGH);
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
    const inspected = await inspectRedis({ urls: [await addUser(redis, ...rights)], prefix });
    expect(inspected?.faults).toEqual([expect.stringMatching(fault)]);
    expect(inspected?.faults[0]).toContain(`~${prefix}:* +@all -@dangerous`);
  });
});

test('a password that was changed is used by connections that are made from then on', async () => {
  const redis = await startRedis();
  const admin = new Redis(redis.url);
  onTestFinished(() => admin.disconnect());
  const settings = { urls: [await addUser(redis, ...ENOUGH)] };
  const bed = await openBed(settings);
  await bed.startWorker();
  await admin.call('ACL', 'SETUSER', 'hook', 'resetpass', '>another');
  settings.urls = [redis.url.replace('//', '//hook:another@')];
  bed.use(settings);
  await admin.call('CLIENT', 'KILL', 'USER', 'hook');
  await bed.deliver('a');
  await bed.untilSeen('a');
});

test('memory that is missing for a while is survived by the whole service, with a restricted user', async () => {
  await withWholeService(await restrictedCase());
}, 180_000);

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
