import { expect, onTestFinished, test } from 'vitest';
import { startSentinelChild } from '../../harness/redis.ts';
import { inspectRedis } from '../../src/redis/inspect.ts';
import { sentinelCase } from './cases.ts';
import { prefix, startRedis } from './set-up.ts';
import { withWholeService } from './whole-service.ts';

test('with Sentinel, the whole service finds the new primary when the old one is gone without a word', async () => {
  await withWholeService(await sentinelCase());
}, 180_000);

test('a Sentinel in place of a Redis is refused with a sentence that says what to write', async () => {
  const primary = await startRedis();
  const sentinel = await startSentinelChild(primary.port);
  onTestFinished(() => sentinel.stop());
  expect((await inspectRedis({ urls: [sentinel.url], prefix }))?.faults).toEqual([expect.stringContaining('redis+sentinel://')]);
});
