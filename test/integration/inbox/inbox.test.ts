import type { Redis } from 'ioredis';
import { describe, expect, vi } from 'vitest';
import type { InboxEntry } from '../../../src/domain/inbox-entry.ts';
import { encodeEntry } from '../../../src/inbox/entry-format.ts';
import { createInbox } from '../../../src/inbox/redis-inbox.ts';
import { sampleEntry, sampleEvent } from '../../sample-entry.ts';
import { listKeys, type RedisScope, test } from '../redis-scope.ts';

async function open(scope: RedisScope, dedupSeconds = 60) {
  const redis = await scope.connect('producer');
  return { redis, inbox: createInbox({ redis, prefix: scope.prefix, dedupSeconds }) };
}

const entries = (...ids: string[]): InboxEntry[] => ids.map((id) => sampleEntry('c-1', id));
const nothing = { remove: [], replace: [] };

describe('append', () => {
  test('keeps order and says when the conversation may have no job', async ({ scope }) => {
    const { inbox } = await open(scope);
    expect(await inbox.append([...entries('a', 'b'), sampleEntry('c-2', 'c')])).toEqual([
      { status: 'accepted', needsJob: true },
      { status: 'accepted', needsJob: false },
      { status: 'accepted', needsJob: true },
    ]);
    expect((await inbox.read('c-1', 10)).map(({ entry }) => entry)).toEqual(entries('a', 'b'));
  });

  test('stores one idempotency key once; a duplicate asks for the job while its inbox has entries', async ({ scope }) => {
    const { inbox } = await open(scope);
    const answers = await inbox.append(entries('a', 'a'));
    expect(answers.map(({ status }) => status)).toEqual(['accepted', 'duplicate']);
    expect(await inbox.append(entries('a'))).toEqual([{ status: 'duplicate', needsJob: true }]);
    await inbox.settle('c-1', { ...nothing, remove: await inbox.read('c-1', 10) });
    expect(await inbox.append(entries('a'))).toEqual([{ status: 'duplicate', needsJob: false }]);
    expect(await inbox.read('c-1', 10)).toEqual([]);
  });

  test('keeps one key of several conversations, and of an event and a command, apart', async ({ scope }) => {
    const { inbox } = await open(scope);
    const command = sampleEntry('c-1', 'a', { work: { kind: 'command', target: null, actions: [] } });
    const appended = await inbox.append([...entries('a'), sampleEntry('c-2', 'a'), command]);
    expect(appended.map(({ status }) => status)).toEqual(['accepted', 'accepted', 'accepted']);
  });

  test('refuses a known key with other content, and everything of the same call', async ({ scope }) => {
    const { inbox } = await open(scope);
    const withBody = (id: string, value: number) => sampleEntry('c-1', id, { event: sampleEvent({ id, body: { value } }) });
    const reordered = sampleEntry('c-1', 'a', { event: sampleEvent({ id: 'a', body: { other: 2, value: 1 } }) });
    await inbox.append([sampleEntry('c-1', 'a', { event: sampleEvent({ id: 'a', body: { value: 1, other: 2 } }) })]);
    expect((await inbox.append([reordered])).map(({ status }) => status)).toEqual(['duplicate']);
    const reused = { code: 'key-reused', conversationId: 'c-1' };
    await expect(inbox.append([withBody('b', 1), withBody('a', 2)])).rejects.toMatchObject({ ...reused, position: 1 });
    await expect(inbox.append([withBody('c', 1), withBody('c', 2)])).rejects.toMatchObject({ ...reused, position: 1 });
    expect((await inbox.read('c-1', 10)).map(({ entry }) => entry?.id)).toEqual(['a']);
    // Calls that share a commit: one is refused, the others are not.
    const together = await Promise.allSettled([inbox.append([withBody('d', 1)]), inbox.append([withBody('a', 3)])]);
    expect(together.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect((await inbox.read('c-1', 10)).map(({ entry }) => entry?.id)).toEqual(['a', 'd']);
  });

  test('of fifty deliveries of one event at once exactly one is accepted', async ({ scope }) => {
    const { inbox } = await open(scope);
    const answers = await Promise.all(Array.from({ length: 50 }, () => inbox.append(entries('a'))));
    expect(answers.flat().filter(({ status }) => status === 'accepted')).toHaveLength(1);
    expect(await inbox.read('c-1', 10)).toHaveLength(1);
  });

  test('sends the calls of one turn as one command', async ({ scope }) => {
    const { inbox, redis } = await open(scope);
    await inbox.append(entries('warm-up')); // Redis learns the script
    const send = vi.spyOn(redis as Redis, 'sendCommand');
    const answers = await Promise.all(['a', 'b', 'c'].map((id) => inbox.append(entries(id))));
    expect(send.mock.calls.map(([command]) => command.name)).toEqual(['evalsha']);
    expect(answers.flat().map(({ status }) => status)).toEqual(['accepted', 'accepted', 'accepted']);
  });

  test('forgets an idempotency key after its time', async ({ scope }) => {
    const { inbox, redis } = await open(scope, 60);
    await inbox.append(entries('a'));
    const [key] = (await listKeys(scope)).filter((name) => name.includes(':seen:'));
    expect(await redis.ttl(key ?? '')).toBeGreaterThan(0);
    expect(await redis.ttl(key ?? '')).toBeLessThanOrEqual(60);
  });

  test('rejects when Redis does not take it', async ({ scope }) => {
    const { inbox, redis } = await open(scope);
    await redis.set(`${scope.prefix}:inbox:c-1`, 'not a list');
    await expect(inbox.append(entries('a'))).rejects.toThrow('WRONGTYPE');
  });
});

describe('settle', () => {
  test('removes and replaces what was read, and keeps what came meanwhile', async ({ scope }) => {
    const { inbox } = await open(scope);
    await inbox.append(entries('a', 'b', 'c'));
    const [a, b, c] = await inbox.read('c-1', 3);
    await inbox.append(entries('d'));
    if (!a || !b || !c) throw new Error('three were appended');
    const retried = sampleEntry('c-1', 'b', { attempts: 1 });
    const settled = await inbox.settle('c-1', { remove: [a, c], replace: [{ item: b, entry: retried }] });
    expect(settled).toEqual({ settled: true, remaining: 2, evidence: 0 });
    expect((await inbox.read('c-1', 10)).map(({ entry }) => entry)).toEqual([retried, ...entries('d')]);
  });

  test('leaves entries alone that the settlement does not name', async ({ scope }) => {
    const { inbox } = await open(scope);
    await inbox.append(entries('a', 'b', 'c'));
    const [, b] = await inbox.read('c-1', 3);
    if (!b) throw new Error('three were appended');
    expect(await inbox.settle('c-1', { ...nothing, remove: [b] })).toEqual({ settled: true, remaining: 2, evidence: 0 });
    expect((await inbox.read('c-1', 10)).map(({ entry }) => entry?.id)).toEqual(['a', 'c']);
  });

  test('changes nothing when another worker was faster', async ({ scope }) => {
    const { inbox } = await open(scope);
    await inbox.append(entries('a', 'b'));
    const stale = await inbox.read('c-1', 2);
    const [first] = stale;
    if (!first) throw new Error('two were appended');
    await inbox.settle('c-1', { ...nothing, replace: [{ item: first, entry: sampleEntry('c-1', 'a', { attempts: 1 }) }] });
    const before = await inbox.read('c-1', 10);
    expect(await inbox.settle('c-1', { ...nothing, remove: stale })).toEqual({ settled: false, remaining: 2, evidence: 0 });
    expect(await inbox.settle('c-1', { ...nothing, remove: [...before].reverse() })).toEqual({
      settled: false,
      remaining: 2,
      evidence: 0,
    });
    expect(await inbox.read('c-1', 10)).toEqual(before);
  });

  test('of two workers that settle the same batch one succeeds', async ({ scope }) => {
    const { inbox } = await open(scope);
    await inbox.append(entries('a', 'b', 'c'));
    const batch = await inbox.read('c-1', 2);
    const settle = () => inbox.settle('c-1', { ...nothing, remove: batch });
    const results = await Promise.all([settle(), settle()]);
    expect(results.map(({ settled }) => settled)).toEqual([true, false]);
    expect((await inbox.read('c-1', 10)).map(({ entry }) => entry?.id)).toEqual(['c']);
  });

  test('removes what can not be read, byte for byte', async ({ scope }) => {
    const { inbox, redis } = await open(scope);
    const stored = [Buffer.from('{"version":9}'), Buffer.from([0xff, 0xfe, 0x7b]), Buffer.from('not json')];
    await redis.rpush(`${scope.prefix}:inbox:c-1`, ...stored);
    await inbox.append(entries('a'));
    const items = await inbox.read('c-1', 3);
    expect(items.map(({ entry }) => entry)).toEqual([null, null, null]);
    expect(await inbox.settle('c-1', { ...nothing, remove: items })).toEqual({ settled: true, remaining: 1, evidence: 0 });
  });

  test('leaves no key but the idempotency keys, and for a minute its token, when the inbox is empty', async ({ scope }) => {
    const { inbox } = await open(scope);
    await inbox.append(entries('a'));
    await inbox.settle('c-1', { ...nothing, remove: await inbox.read('c-1', 10) });
    const left = (await listKeys(scope)).filter((key) => !key.includes(':seen:'));
    expect(left).toEqual([`${scope.prefix}:settled:c-1`]);
    const redis = await scope.connect();
    expect(await redis.ttl(`${scope.prefix}:settled:c-1`)).toBeGreaterThan(0);
  });

  test('is settled when the client asks again because the answer was lost', async ({ scope }) => {
    const redis = await scope.connect();
    const { inbox } = await open(scope);
    await inbox.append(entries('a', 'b'));
    const items = await inbox.read('c-1', 10);
    const sending = vi.spyOn(redis, 'sendCommand');
    const watched = createInbox({ redis, prefix: scope.prefix, dedupSeconds: 60 });
    expect(await watched.settle('c-1', { ...nothing, remove: items.slice(0, 1) })).toEqual({
      settled: true,
      remaining: 1,
      evidence: 0,
    });
    const [{ name, args }] = sending.mock.lastCall as unknown as [{ name: string; args: string[] }];
    expect(await redis.call(name, ...args)).toEqual([1, 1, 0]);
    expect(await watched.settle('c-1', { ...nothing, remove: items.slice(0, 1) })).toMatchObject({ settled: false });
  });
});

describe('pending conversations', () => {
  test('are those with entries, by the age of the oldest', async ({ scope }) => {
    const { inbox } = await open(scope);
    const now = Date.now();
    expect(await inbox.readStats()).toEqual({ pendingConversations: 0, oldestPendingAgeSeconds: 0 });
    await inbox.append([
      sampleEntry('c-1', 'a', { receivedAt: now - 60_000 }),
      sampleEntry('c-1', 'b', { receivedAt: now - 20_000 }),
      sampleEntry('c-2', 'c', { receivedAt: now - 30_000 }),
    ]);
    expect(await inbox.listPending(now, 0, 10)).toEqual(['c-1', 'c-2']);
    expect(await inbox.listPending(now, 1, 1)).toEqual(['c-2']);
    expect(await inbox.listPending(now - 30_000, 0, 10)).toEqual(['c-1']);
    await inbox.settle('c-1', { ...nothing, remove: await inbox.read('c-1', 1) });
    expect(await inbox.listPending(now, 0, 10)).toEqual(['c-2', 'c-1']);
    const stats = await inbox.readStats();
    expect(stats.pendingConversations).toBe(2);
    expect(stats.oldestPendingAgeSeconds).toBeGreaterThanOrEqual(30);
  });

  test('have the age of an entry in either stored form', async ({ scope }) => {
    const { inbox } = await open(scope);
    const now = Date.now();
    const sent = { text: JSON.stringify({ topicName: 'v2.x.conversations.y', conversationId: 'c-1' }), deliveryKey: 'b' };
    await inbox.append([
      sampleEntry('c-1', 'a', { receivedAt: now - 60_000 }),
      { ...sampleEntry('c-1', 'b', { receivedAt: now - 30_000 }), version: 2, sent },
    ]);
    await inbox.settle('c-1', { ...nothing, remove: await inbox.read('c-1', 1) });
    expect((await inbox.read('c-1', 1)).map(({ entry }) => entry?.version)).toEqual([2]);
    expect(await inbox.listPending(now - 29_000, 0, 10)).toEqual(['c-1']);
    expect(await inbox.listPending(now - 31_000, 0, 10)).toEqual([]);
  });

  test('do not stay when Redis lost the inbox', async ({ scope }) => {
    const { inbox, redis } = await open(scope);
    await inbox.append(entries('a'));
    await redis.del(`${scope.prefix}:inbox:c-1`);
    expect(await inbox.read('c-1', 10)).toEqual([]);
    expect(await inbox.listPending(Date.now(), 0, 10)).toEqual([]);
  });
});

describe('requeue', () => {
  test('puts an entry at the tail although its key is known, once for a replay', async ({ scope }) => {
    const { inbox } = await open(scope);
    await inbox.append(entries('a', 'b'));
    const text = encodeEntry(sampleEntry('c-1', 'a', { receivedAt: 5 }));
    expect(await inbox.requeue('c-1', text, 'replay-1')).toEqual({ status: 'accepted', needsJob: false });
    expect(await inbox.requeue('c-1', text, 'replay-1')).toEqual({ status: 'duplicate', needsJob: true });
    expect((await inbox.read('c-1', 10)).map(({ entry }) => entry?.id)).toEqual(['a', 'b', 'a']);
    expect((await inbox.requeue('c-1', text, 'replay-2')).status).toBe('accepted');
  });

  test('is remembered for a day, however short events are', async ({ scope }) => {
    const redis = await scope.connect();
    const inbox = createInbox({ redis, prefix: scope.prefix, dedupSeconds: 1 });
    await inbox.requeue('c-1', encodeEntry(sampleEntry('c-1', 'a')), 'replay-1');
    const key = (await listKeys(scope)).find((name) => name.includes(':replayed:')) ?? '';
    expect(await redis.ttl(key)).toBeGreaterThan(80_000);
  });
});
