import { describe, expect } from 'vitest';
import { createInbox } from '../../../src/inbox/redis-inbox.ts';
import { createEdgeMemory } from '../../../src/intake/edges/edge-memory.ts';
import { FencedError } from '../../../src/redis/fence.ts';
import { createKeys } from '../../../src/redis/keys.ts';
import { createLease } from '../../../src/source/lease.ts';
import { sampleEntry } from '../../sample-entry.ts';
import { type RedisScope, test } from '../redis-scope.ts';

async function openHolders({ connect, prefix }: RedisScope) {
  const redis = await connect('producer');
  const stored = { redis, prefix };
  const keys = createKeys(prefix);
  const [one, two] = [createLease(stored), createLease(stored)];
  const end = () => redis.del(keys.sourceLease);
  return { redis, keys, one, two, end, inbox: createInbox({ ...stored, dedupSeconds: 60 }), memory: createEdgeMemory(stored) };
}

describe('the lease of the source', () => {
  test('has one holder, ends when it is not extended, and can be given back', async ({ scope }) => {
    const { redis, keys, one, two } = await openHolders(scope);
    expect(await one.hold()).toEqual({ key: keys.sourceFence, token: expect.stringMatching(/^1 /) });
    expect(await two.hold()).toBeNull();
    expect(await redis.pttl(keys.sourceLease)).toBeGreaterThan(0);
    await two.release();
    expect(await two.hold()).toBeNull();
    await one.release();
    expect(await two.hold()).toMatchObject({ token: expect.stringMatching(/^2 /) });
  });

  test('keeps its fence when it ends and nobody else comes, and has a new one after somebody else', async ({ scope }) => {
    const { one, two, end } = await openHolders(scope);
    const first = await one.hold();
    await end();
    expect(await one.hold()).toEqual(first);
    await end();
    await two.hold();
    await end();
    expect(await one.hold()).toMatchObject({ token: expect.stringMatching(/^3 /) });
  });

  test('lets an owner that was replaced store neither entries nor edges, in the step that would store them', async ({
    scope,
  }) => {
    const { redis, keys, one, two, end, inbox, memory } = await openHolders(scope);
    const [late, entry] = [await one.hold(), sampleEntry('c-1', 'late')];
    await inbox.append([sampleEntry('c-1', 'in time')], late);
    await end();
    const current = await two.hold();
    const seen = await memory.recall('c-1');
    const edges = { entries: [entry], receivedAt: 1, fence: late };
    await expect(inbox.append([entry], late)).rejects.toThrow(FencedError);
    await expect(memory.advance('c-1', seen, seen.state, edges)).rejects.toThrow(FencedError);
    expect(await redis.exists(keys.snapshot('c-1'), keys.seen('rules', 'c-1', 'late'))).toBe(0);
    expect(await inbox.append([entry], current)).toMatchObject([{ status: 'accepted' }]);
    expect(await memory.advance('c-1', seen, seen.state, { ...edges, fence: current })).toBe('done');
    expect((await inbox.read('c-1', 10)).map((item) => item.entry?.id)).toEqual(['in time', 'late', 'late']);
  });

  test('is refused by a fence that Redis has lost', async ({ scope }) => {
    const { redis, keys, one, inbox } = await openHolders(scope);
    const fence = await one.hold();
    await redis.del(keys.sourceFence);
    await expect(inbox.append([sampleEntry('c-1', 'a')], fence)).rejects.toThrow(FencedError);
    expect(await one.hold()).not.toBeNull();
  });
});
