import { expect } from 'vitest';
import { waitUntil } from '../../../harness/wait-until.ts';
import { startSimulator } from '../../../simulator/start-simulator.ts';
import { createKeys } from '../../../src/redis/keys.ts';
import { startSource } from '../../../src/source/start-source.ts';
import { silent, test } from '../redis-scope.ts';
import { genesysConfig } from './with-source.ts';

const refuse = () => Promise.reject(new Error('no event comes'));

test('the calls of the source count for the limits that all processes share', async ({ scope }) => {
  const simulator = await startSimulator();
  const redis = await scope.connect('producer');
  const source = startSource({
    config: { redis: { urls: [scope.url], prefix: scope.prefix } },
    genesys: { ...genesysConfig(simulator), organizationRatePerMinute: 6_000 },
    wanted: { kind: 'queues' },
    intake: { acceptEvents: refuse, acceptLook: refuse },
    redis,
    logger: silent,
  });
  scope.defer(async () => {
    await source.close();
    await simulator.stop();
  });
  await waitUntil(() => simulator.notificationChannels().some(({ connected }) => connected));
  const keys = createKeys(scope.prefix);
  expect(await redis.hget(keys.limit('organization'), 'ceiling')).toBe('6000');
  expect(await redis.zcard(keys.limitMembers)).toBe(1);
  await source.close();
  expect(await redis.exists(keys.sourceLease)).toBe(0);
});
