import { describe, expect } from 'vitest';
import { createRedisLimitStore, type LimitClaim, type LimitStore } from '../../../src/genesys/pacing/limit-store.ts';
import { createKeys } from '../../../src/redis/keys.ts';
import { type RedisScope, test } from '../redis-scope.ts';

const START = Date.parse('2026-11-20T12:00:00Z');

/** Stores of several processes, at a time that the test moves. */
async function openStores(scope: RedisScope, members: readonly string[]) {
  const redis = await scope.connect();
  const time = { now: START };
  const keys = createKeys(scope.prefix);
  const stores = members.map((member) => createRedisLimitStore({ redis, keys, member, now: () => time.now }));
  return { time, redis, keys, stores };
}

const claimOf = (ceiling: number, guessed = false): LimitClaim => ({ name: 'organization', ceiling, guessed });

/** When permits were granted, taking all that can be had for so long. */
async function drain(store: LimitStore, claim: LimitClaim, time: { now: number }, forMs: number): Promise<number[]> {
  const granted: number[] = [];
  const end = time.now + forMs;
  while (time.now < end) {
    const { permits, waitMs } = await store.lease(claim, 10);
    for (let i = 0; i < permits; i++) granted.push(time.now);
    if (permits === 0) time.now += Math.max(1, waitMs);
  }
  return granted;
}

describe('a limit that processes share', () => {
  test.for([1, 7, 60, 300, 3_000])(
    'of %i a minute allows no more in any 61 s, and uses nearly all of it',
    async (ceiling, { scope }) => {
      const { time, stores } = await openStores(scope, ['one']);
      const granted = await drain(stores[0] as LimitStore, claimOf(ceiling), time, ceiling > 1_000 ? 63_000 : 125_000);
      const busiest = Math.max(...granted.map((end) => granted.filter((at) => at <= end && at > end - 61_000).length));
      expect(busiest).toBeLessThanOrEqual(ceiling);
      expect(granted.length).toBeGreaterThanOrEqual(Math.floor(ceiling * 0.9));
    },
  );

  test('is one for all processes, which it counts', async ({ scope }) => {
    const { stores } = await openStores(scope, ['one', 'two', 'three']);
    const leases = [];
    for (const store of stores) for (let i = 0; i < 30; i++) leases.push(await store.lease(claimOf(3_000), 10));
    expect(leases.reduce((sum, { permits }) => sum + permits, 0)).toBe(70);
    expect(leases.at(-1)).toMatchObject({ permits: 0, members: 3, rate: 3_000 });
  });

  test('is halved once for all requests that were sent before, pauses, and comes back by twentieths', async ({ scope }) => {
    const { time, stores } = await openStores(scope, ['one', 'two']);
    const [one, two] = stores as [LimitStore, LimitStore];
    const claim = claimOf(1_000);
    await one.lease(claim, 1);
    time.now += 10_000;
    expect(await one.refuse(claim, { retryAfterMs: 4_000, sentAgoMs: 200, halve: true })).toMatchObject({ rate: 500 });
    expect(await two.refuse(claim, { retryAfterMs: 1_000, sentAgoMs: 300, halve: true })).toMatchObject({ rate: 500 });
    expect(await two.lease(claim, 1)).toMatchObject({ permits: 0, waitMs: 4_000, pausedForMs: 4_000 });
    time.now += 4_000;
    expect(await two.lease(claim, 10)).toMatchObject({ permits: 0, pausedForMs: 0 });
    expect(await two.lease(claim, 1)).toMatchObject({ permits: 1 });
    time.now += 2_000;
    expect((await one.lease(claim, 1)).rate).toBe(550);
    time.now += 60_000;
    expect((await one.lease(claim, 1)).rate).toBe(1_000);
    expect(await one.refuse(claim, { retryAfterMs: 1_000, sentAgoMs: 10, halve: false })).toMatchObject({ rate: 1_000 });
  });

  test('with a guessed ceiling passes it, and is forgotten when it has passed it by far', async ({ scope }) => {
    const { time, redis, keys, stores } = await openStores(scope, ['one']);
    const [store] = stores as [LimitStore];
    await store.refuse(claimOf(100, true), { retryAfterMs: 1_000, sentAgoMs: 10, halve: true });
    time.now += 61_000;
    expect((await store.lease(claimOf(60, true), 1)).rate).toBe(200);
    time.now += 100_000;
    expect((await store.lease(claimOf(60, true), 1)).rate).toBe(0);
    expect(await redis.exists(keys.limit('organization'))).toBe(0);
  });

  test('follows a ceiling that is configured anew', async ({ scope }) => {
    const { stores } = await openStores(scope, ['one']);
    const [store] = stores as [LimitStore];
    await store.refuse(claimOf(1_000), { retryAfterMs: 0, sentAgoMs: 0, halve: true });
    expect((await store.lease(claimOf(2_000), 1)).rate).toBe(1_000);
  });

  test('is found by other processes, until nobody has used it for a day', async ({ scope }) => {
    const { redis, keys, stores } = await openStores(scope, ['one']);
    const [store] = stores as [LimitStore];
    expect(await store.find('organization')).toBeNull();
    await store.lease(claimOf(300), 1);
    expect(await store.find('organization')).toBe(300);
    expect(await redis.pttl(keys.limit('organization'))).toBeGreaterThan(86_000_000);
  });

  test("keeps time by Redis's clock", async ({ scope }) => {
    const redis = await scope.connect();
    const store = createRedisLimitStore({ redis, keys: createKeys(scope.prefix), member: 'one' });
    expect(await store.lease(claimOf(600), 10)).toMatchObject({ permits: 5, waitMs: 0, rate: 600, pausedForMs: 0, members: 1 });
  });
});
