import { expect, it } from 'vitest';
import { createOwnWrites } from '../../../src/actions/own-writes.ts';
import type { RedisConnection } from '../../../src/redis/connection.ts';

const CONVERSATION = { id: 'c', startTime: '2026-01-01T00:00:00Z', participants: [{ id: 'p', purpose: 'customer' }] };
const WRITE = { participantId: 'p', changes: { tier: 'gold' }, before: {} };

/** Redis that replies when it is told to. */
function open(status: 'ready' | 'reconnecting', replies: readonly (() => Promise<unknown>)[]) {
  const records: unknown[][] = [];
  const evalsha = (...args: unknown[]) => {
    records.push(args);
    return replies[records.length - 1]?.() ?? Promise.resolve(null);
  };
  const redis = { status, evalsha } as unknown as RedisConnection;
  const ownWrites = createOwnWrites({ redis, prefix: 'p', kinds: [], mayAwaitProof: () => false, retryMs: 1 });
  return { records, remember: () => ownWrites.remember('c', CONVERSATION, WRITE) };
}

it('lets a write go when its record has left, and is stored when Redis says so', async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const { records, remember } = open('ready', [() => promise]);
  const { stored } = await remember();
  expect(records).toHaveLength(1);
  let isStored = false;
  const noted = stored.then(() => {
    isStored = true;
  });
  await Promise.resolve();
  expect(isStored).toBe(false);
  resolve(null);
  await noted;
});

it('holds a write back while Redis is away', async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const { remember } = open('reconnecting', [() => promise]);
  let isOnItsWay = false;
  const remembered = remember().then(() => {
    isOnItsWay = true;
  });
  await new Promise(setImmediate);
  expect(isOnItsWay).toBe(false);
  resolve(null);
  await remembered;
});

it('offers a record that Redis refused again, and gives up when Redis keeps refusing', async () => {
  const refuse = () => Promise.reject(new Error('OOM command not allowed'));
  const once = open('ready', [refuse]);
  await (await once.remember()).stored;
  expect(once.records).toHaveLength(2);
  const always = open('ready', [refuse, refuse, refuse, refuse]);
  await expect((await always.remember()).stored).rejects.toThrow('OOM');
  expect(always.records).toHaveLength(4);
});
