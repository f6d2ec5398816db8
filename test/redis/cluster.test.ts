import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { moveSlot, type RedisCluster, startRedisCluster } from '../../harness/redis-cluster.ts';
import type { InboxItem } from '../../src/inbox/inbox.ts';
import { inspectRedis } from '../../src/redis/inspect.ts';
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
    // Once before the move: from then on every key of the settlement exists.
    await bed.inbox.settle('c-1', { remove: [], replace: again(await bed.inbox.read('c-1', 10), 1) });

    await other.client.cluster('SETSLOT', slot, 'IMPORTING', primary.id);
    await primary.client.cluster('SETSLOT', slot, 'MIGRATING', other.id);
    const items = await bed.inbox.read('c-1', 10);
    expect(await bed.inbox.settle('c-1', { remove: [], replace: again(items, 2) })).toEqual({ settled: true, remaining: 2 });
    const kept = await bed.inbox.read('c-1', 10);
    expect(kept.map(({ entry }) => [entry?.id, entry?.attempts])).toEqual([
      ['a', 2],
      ['b', 2],
    ]);
    // The last entry takes the inbox's key with it, which is then the other node's; the settlement is reported all the same.
    expect(await bed.inbox.settle('c-1', { remove: kept, replace: [] })).toEqual({ settled: true, remaining: 0 });

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
