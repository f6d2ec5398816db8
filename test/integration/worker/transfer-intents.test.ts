import { expect } from 'vitest';
import { createTransferIntents } from '../../../src/actions/transfer/intents.ts';
import { listKeys, test } from '../redis-scope.ts';

const intent = {
  recordedAt: 1,
  participantId: 'p-1',
  destination: { kind: 'queue', queueId: 'q-1' },
  participantsBefore: ['p-1'],
  transfersBefore: [],
  accepted: false,
} as const;

test('an intent takes the place of the one that is expected there, and of no other', async ({ scope }) => {
  const intents = createTransferIntents({ redis: await scope.connect(), prefix: scope.prefix, ttlSeconds: 100 });
  expect(await intents.swap('s-1', null, intent)).toBe(true);
  expect(await intents.swap('s-1', null, intent)).toBe(false);
  expect(await intents.find('s-1')).toEqual(intent);
  expect(await intents.swap('s-1', intent, null)).toBe(true);
  expect(await intents.find('s-1')).toBeNull();
});

test('an intent that was looked at is kept as long again', async ({ scope }) => {
  const redis = await scope.connect();
  const intents = createTransferIntents({ redis, prefix: scope.prefix, ttlSeconds: 100 });
  await intents.swap('s-1', null, intent);
  const [key = ''] = await listKeys(scope);
  await redis.expire(key, 10);
  await intents.find('s-1');
  expect(await redis.ttl(key)).toBeGreaterThan(90);
});
