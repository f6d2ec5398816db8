import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { startRedisChild } from '../../../harness/redis.ts';
import { waitUntil } from '../../../harness/wait-until.ts';
import { createAwaitedProofs } from '../../../src/inbox/awaited-proofs.ts';
import { createCommandStore } from '../../../src/inbox/command-store.ts';
import { createInbox } from '../../../src/inbox/redis-inbox.ts';
import { createTraceMemory } from '../../../src/inbox/trace-memory.ts';
import { createDeliveryStore } from '../../../src/intake/delivery-store.ts';
import { createConversationQueue } from '../../../src/queue/conversation-queue.ts';
import { createConversationWorker } from '../../../src/queue/conversation-worker.ts';
import { sweep } from '../../../src/queue/sweeper.ts';
import { createRedisConnection } from '../../../src/redis/connection.ts';
import { sampleEntry } from '../../sample-entry.ts';
import { silent } from '../redis-scope.ts';
import { collect, drain } from './conversation-scope.ts';

const SLOTS = 16_384;
const prefix = '{hookpatch}';

/** A cluster of one node refuses commands across slots as any cluster does. */
async function startCluster(): Promise<string> {
  const child = await startRedisChild({ settings: { 'cluster-enabled': 'yes', 'cluster-announce-ip': '127.0.0.1' } });
  onTestFinished(() => child.stop());
  const redis = new Redis(child.url);
  await redis.cluster('ADDSLOTS', ...Array.from({ length: SLOTS }, (_, slot) => slot));
  await waitUntil(async () => (await redis.cluster('INFO')).includes('cluster_state:ok'), { what: 'the cluster' });
  redis.disconnect();
  return child.url;
}

it('everything is legal on a Redis Cluster', async () => {
  const url = await startCluster();
  const connect = async (purpose: 'producer' | 'worker') => {
    const redis = { urls: [url, url.replace('127.0.0.1', 'localhost')], prefix };
    const connection = createRedisConnection(redis, purpose, silent);
    onTestFinished(() => connection.disconnect());
    await waitUntil(() => connection.status === 'ready', { what: 'the connection' });
    return connection;
  };
  const redis = await connect('producer');
  const inbox = createInbox({ redis, prefix, dedupSeconds: 60 });
  const queue = createConversationQueue({ connection: redis, prefix, logger: silent });
  const { see, all } = collect(3);
  const worker = createConversationWorker({
    connection: await connect('worker'),
    prefix,
    concurrency: 2,
    process: drain(inbox, see),
    logger: silent,
  });
  onTestFinished(() => worker.close(1_000));
  await createDeliveryStore({ inbox, queue }).accept([sampleEntry('c-1', 'a'), sampleEntry('c-2', 'b')]);
  await inbox.append([sampleEntry('c-3', 'c', { receivedAt: 0 })]);
  await sweep({ inbox, queue, proofs: createAwaitedProofs({ redis, prefix }) });
  expect((await all).sort()).toEqual(['a', 'b', 'c']);
  await createCommandStore({ redis, prefix, ttlSeconds: 60 }).begin('c-1', 'k', 't-1');
  expect(await createTraceMemory({ redis, prefix }).getOrSet('c-1', 't-1')).toBe('t-1');
});
