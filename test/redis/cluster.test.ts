import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { moveSlot, type RedisCluster, startRedisCluster } from '../../harness/redis-cluster.ts';
import type { InboxItem } from '../../src/inbox/inbox.ts';
import { inspectRedis } from '../../src/redis/inspect.ts';
import { createKeys } from '../../src/redis/keys.ts';
import { sampleEntry } from '../sample-entry.ts';
import { clusterCase } from './cases.ts';
import { openBed } from './redis-bed.ts';
import { prefix } from './set-up.ts';
import { withWholeService } from './whole-service.ts';

describe('on a Redis Cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster(prefix);
  });
  afterAll(() => cluster.stop());

  test('one URL is found to be a cluster, and a database but 0 is refused', async () => {
    const one = cluster.urls.slice(0, 1);
    expect(await inspectRedis({ urls: one, prefix })).toEqual({ redis: { urls: [...one, ...one], prefix }, faults: [] });
    const numbered = await inspectRedis({ urls: [`${one[0]}/3`], prefix });
    expect(numbered?.faults).toEqual([expect.stringContaining('database 0 only')]);
  });

  test('nothing is lost when entries are settled while the slot moves', async () => {
    const { urls, slot, primary, other } = cluster;
    const bed = await openBed({ urls });
    await bed.inbox.append([sampleEntry('c-1', 'a'), sampleEntry('c-1', 'b'), sampleEntry('c-2', 'c')]);
    const again = (items: readonly InboxItem[], attempts: number) =>
      items.map((item) => ({ item, entry: sampleEntry('c-1', item.entry?.id ?? '', { attempts }) }));
    // Every key of the settlement exists: while the slot moves, Redis refuses a script some of whose keys are not there.
    await bed.inbox.settle('c-1', { remove: [], replace: again(await bed.inbox.read('c-1', 10), 1) });
    const keys = createKeys(prefix);
    await primary.client.zadd(keys.awaiting, 1, 'c-2');
    await primary.client.rpush(keys.evidence('c-1'), 'evidence');

    await other.client.cluster('SETSLOT', slot, 'IMPORTING', primary.id);
    await primary.client.cluster('SETSLOT', slot, 'MIGRATING', other.id);
    const items = await bed.inbox.read('c-1', 10);
    expect(await bed.inbox.settle('c-1', { remove: [], replace: again(items, 2) })).toMatchObject({
      settled: true,
      remaining: 2,
    });
    const kept = await bed.inbox.read('c-1', 10);
    expect(kept.map(({ entry }) => [entry?.id, entry?.attempts])).toEqual([
      ['a', 2],
      ['b', 2],
    ]);
    // The last entry takes keys with it, which are then the other node's; the settlement is reported all the same.
    const last = { remove: kept, replace: [], awaitsUntil: null };
    expect(await bed.inbox.settle('c-1', last)).toEqual({ settled: true, remaining: 0, evidence: 0 });

    await moveSlot(cluster, primary, other);
    expect((await bed.inbox.read('c-2', 10)).map(({ entry }) => entry?.id)).toEqual(['c']);
    await bed.deliver('d', 'c-1');
    expect(await bed.inbox.read('c-1', 10)).toHaveLength(1);
    await primary.client.cluster('SETSLOT', slot, 'STABLE');
    await moveSlot(cluster, other, primary);
  });

  test('the whole service goes on after its primary was frozen and its slot moved', async () => {
    await withWholeService(clusterCase(cluster));
  }, 180_000);
});
