import { expect, test } from 'vitest';
import { type ClusterNode, failOver } from '../../../harness/redis-cluster.ts';
import { waitUntil } from '../../../harness/wait-until.ts';
import { openBed } from '../redis-bed.ts';
import { startCluster } from '../start-cluster.ts';

test('every worker goes on after the primary of our slot was frozen and replaced, again and again', async () => {
  const { urls, primary, replica } = await startCluster();
  const bed = await openBed({ urls });
  const workers = 3;
  let together = meeting(workers);
  for (let count = 0; count < workers; count += 1) {
    await bed.startWorker(async (conversationId, context) => {
      await together.arrive();
      return bed.drain(conversationId, context);
    }, 1);
  }
  let [from, to]: [ClusterNode, ClusterNode] = [primary, replica];
  for (const round of [1, 2]) {
    // What the probe found is remembered for a second.
    await failOver(from, to, () => waitUntil(async () => !(await bed.canStore()), { what: 'that nothing can be stored' }));
    [from, to] = [to, from];
    together = meeting(workers);
    const ids = Array.from({ length: workers }, (_, index) => `round-${round}-${index}`);
    await Promise.all(ids.map((id) => bed.deliver(id)));
    // Each worker takes one conversation at a time, so that all are done only if each worker has taken one.
    await bed.untilSeen(...ids);
  }
  expect(await bed.canStore()).toBe(true);
  expect(bed.seen).toHaveLength(2 * workers);
  expect(bed.lines.length).toBeLessThan(40);
}, 180_000);

/** `arrive` resolves when `count` have arrived. */
function meeting(count: number) {
  const { promise, resolve } = Promise.withResolvers<void>();
  let arrived = 0;
  return {
    arrive: () => {
      arrived += 1;
      if (arrived === count) resolve();
      return promise;
    },
  };
}
