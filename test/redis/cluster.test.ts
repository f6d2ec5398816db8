import { describe, expect, test } from 'vitest';
import type { InboxItem } from '../../src/inbox/inbox.ts';
import { inspectRedis } from '../../src/redis/inspect.ts';
import { sampleEntry } from '../sample-entry.ts';
import { clusterCase } from './cases.ts';
import { openBed } from './redis-bed.ts';
import { prefix } from './set-up.ts';
import { startCluster } from './start-cluster.ts';
import { withWholeService } from './whole-service.ts';

describe('on a Redis Cluster', () => {
  test(
    'the whole service goes on after its primary was frozen and its slot moved',
    async () => withWholeService(await clusterCase()),
    180_000,
  );

  test('nothing is lost when entries are settled while the slot moves', async () => {
    const { urls, slot, primary, other: target } = await startCluster();
    const bed = await openBed({ urls });
    await bed.inbox.append([sampleEntry('c-1', 'a'), sampleEntry('c-1', 'b'), sampleEntry('c-2', 'c')]);
    const again = (items: readonly InboxItem[], attempts: number) =>
      items.map((item) => ({ item, entry: sampleEntry('c-1', item.entry?.id ?? '', { attempts }) }));
    // Once before the move: from then on every key of the settlement exists.
    await bed.inbox.settle('c-1', { remove: [], replace: again(await bed.inbox.read('c-1', 10), 1) });

    await target.client.cluster('SETSLOT', slot, 'IMPORTING', primary.id);
    await primary.client.cluster('SETSLOT', slot, 'MIGRATING', target.id);
    const items = await bed.inbox.read('c-1', 10);
    expect(await bed.inbox.settle('c-1', { remove: [], replace: again(items, 2) })).toEqual({ settled: true, remaining: 2 });
    const kept = await bed.inbox.read('c-1', 10);
    expect(kept.map(({ entry }) => [entry?.id, entry?.attempts])).toEqual([
      ['a', 2],
      ['b', 2],
    ]);
    // The last entry takes the inbox's key with it, which is then the other node's; the settlement is reported all the same.
    expect(await bed.inbox.settle('c-1', { remove: kept, replace: [] })).toEqual({ settled: true, remaining: 0 });

    const keys = await primary.client.cluster('GETKEYSINSLOT', slot, 1_000);
    await primary.client.migrate('127.0.0.1', target.child.port, '', 0, 5_000, 'KEYS', ...keys);
    for (const { client } of [target, primary]) await client.cluster('SETSLOT', slot, 'NODE', target.id);
    expect((await bed.inbox.read('c-2', 10)).map(({ entry }) => entry?.id)).toEqual(['c']);
    await bed.deliver('d', 'c-1');
    expect(await bed.inbox.read('c-1', 10)).toHaveLength(1);
  }, 60_000);

  test('one URL is found to be a cluster, and a database but 0 is refused', async () => {
    const { urls } = await startCluster();
    const one = urls.slice(0, 1);
    expect(await inspectRedis({ urls: one, prefix })).toEqual({ redis: { urls: [...one, ...one], prefix }, faults: [] });
    const numbered = await inspectRedis({ urls: [`${one[0]}/3`], prefix });
    expect(numbered?.faults).toEqual([expect.stringContaining('database')]);
  }, 60_000);
});
