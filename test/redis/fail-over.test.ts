import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { startFlakyProxy } from '../../harness/flaky-proxy.ts';
import { startSentinelChild } from '../../harness/redis.ts';
import type { RedisChild } from '../../harness/redis-child.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { inspectRedis } from '../../src/redis/inspect.ts';
import { openBed, prefix, startRedis } from './redis-bed.ts';

async function startPair(settings: Readonly<Record<string, string>> = {}) {
  const primary = await startRedis(settings);
  const replica = await startRedis({ ...settings, replicaof: `127.0.0.1 ${primary.port}` });
  const ask = async ({ url }: RedisChild, ...command: [string, ...string[]]) => {
    const client = new Redis(url);
    onTestFinished(() => client.disconnect());
    return String(await client.call(...command));
  };
  const isCopying = async () => (await ask(replica, 'INFO', 'replication')).includes('master_link_status:up');
  await waitUntil(isCopying, { what: 'the replica', timeoutMs: 30_000 });
  return { primary, replica, ask };
}

test('behind a name that changes, a primary that became a replica is left for the new one', async () => {
  const { primary, replica, ask } = await startPair();
  const proxy = await startFlakyProxy(primary.port);
  onTestFinished(() => proxy.stop());
  const bed = await openBed({ urls: [`redis://127.0.0.1:${proxy.port}`] });
  await bed.startWorker();
  await bed.deliver('before');
  await bed.untilSeen('before');
  await ask(replica, 'REPLICAOF', 'NO', 'ONE');
  await ask(primary, 'REPLICAOF', '127.0.0.1', String(replica.port));
  proxy.redirect(replica.port);
  await bed.deliver('after');
  await bed.untilSeen('after');
  expect(await waitUntil(() => bed.canStore(), { what: 'readiness' })).toBe(true);
});

test('with Sentinel, the new primary is found when the old one is gone without a word', async () => {
  const { primary, replica } = await startPair();
  const sentinel = await startSentinelChild(primary.port);
  onTestFinished(() => sentinel.stop());
  const client = new Redis(sentinel.url);
  onTestFinished(() => client.disconnect());
  const replicas = async () => String(await client.call('SENTINEL', 'replicas', 'main'));
  await waitUntil(async () => (await replicas()).includes(`127.0.0.1:${replica.port}`), { what: 'Sentinel', timeoutMs: 30_000 });
  const bed = await openBed({ urls: [`redis+sentinel://127.0.0.1:${sentinel.port}/main`] });
  await bed.startWorker();
  await bed.deliver('before');
  await bed.untilSeen('before');
  primary.pause();
  expect(await bed.canStore()).toBe(false);
  await bed.deliver('after');
  await bed.untilSeen('after');
  expect(await bed.canStore()).toBe(true);
  await bed.untilLogged('Redis works again');
  expect(bed.lines.length).toBeLessThan(30);
  primary.resume();
});

test('a Sentinel in place of a Redis is refused with a sentence that says what to write', async () => {
  const primary = await startRedis();
  const sentinel = await startSentinelChild(primary.port);
  onTestFinished(() => sentinel.stop());
  expect((await inspectRedis({ urls: [sentinel.url], prefix }))?.faults).toEqual([expect.stringContaining('redis+sentinel://')]);
});
