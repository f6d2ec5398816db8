import { randomUUID } from 'node:crypto';
import { describe, expect } from 'vitest';
import type { ReceivedLine, StoryLine, StoryOutcome } from '../../../src/story/story-line.ts';
import { createStoryReader } from '../../../src/story/story-reader.ts';
import { createStoryRecorder } from '../../../src/story/story-recorder.ts';
import { listKeys, type RedisScope, silent, test } from '../redis-scope.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const FAILED_CALL = '0d5c6d0e-7b5c-4b62-9c8f-2f7d7d2c1f10';
const CALL = '4d1f0c52-6a56-4a1e-8a3c-5b1f6f0f7c11';
const NOW = Date.parse('2026-11-25T12:00:00Z');
const HOUR_MS = 3_600_000;

const outcome: StoryOutcome = {
  rule: 'tag-trace',
  action: 'setAttributes',
  kind: 'applied',
  reason: 'written',
  detail: null,
  participantId: null,
  correlationId: null,
};

function received(eventId: string, at = NOW): ReceivedLine {
  const topic = 'v2.detail.events.conversation.{id}.customer.start';
  return {
    kind: 'received',
    at,
    eventId,
    topic,
    status: 'accepted',
    via: 'notifications',
    rules: [{ rule: 'tag-trace', verdict: 'matched' }],
    traceId: TRACE,
  };
}

function ended(eventId: string, changes: Partial<StoryOutcome>, at = NOW): StoryLine {
  const calls = [
    { stage: 'get-conversation', status: '503', correlationId: FAILED_CALL },
    { stage: 'get-conversation', status: '200', correlationId: CALL },
  ];
  return { kind: 'ended', at, eventId, outcomes: [{ ...outcome, ...changes }], calls };
}

async function open(scope: RedisScope) {
  const redis = await scope.connect();
  const options = { redis, prefix: scope.prefix, days: 3 };
  return {
    recorder: createStoryRecorder({ ...options, logger: silent }),
    reader: createStoryReader({ ...options, now: () => NOW }),
    redis,
  };
}

describe('stories', () => {
  test('are found by every id that a person may have', async ({ scope }) => {
    const { recorder, reader } = await open(scope);
    const [conversationId, eventId, participantId, correlationId] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    recorder.record(conversationId, received(eventId), '+13175550100');
    recorder.record(conversationId, ended(eventId, { participantId, correlationId }));
    recorder.record(randomUUID(), received(randomUUID(), NOW - 80 * HOUR_MS));
    await recorder.flush();
    const ids = [
      conversationId,
      eventId,
      participantId,
      correlationId,
      FAILED_CALL,
      CALL,
      TRACE,
      TRACE.slice(16),
      '9532127138774266268',
      'tel:+1 317 555 0100',
    ];
    for (const id of ids) expect([id, await reader.find(id)]).toEqual([id, [conversationId]]);
    expect(await reader.find('nothing-like-it')).toEqual([]);
    expect(await reader.story(conversationId)).toEqual([received(eventId), ended(eventId, { participantId, correlationId })]);
  });

  test('are found by 16 digits, whether these are decimal or hex', async ({ scope }) => {
    const { recorder, reader } = await open(scope);
    const digits = '1234567890123456';
    const decimal = BigInt(digits).toString(16).padStart(32, '0');
    const events = [...[`${'a'.repeat(16)}${digits}`, decimal].entries()];
    for (const [index, traceId] of events) recorder.record(`c-${index}`, { ...received(`e-${index}`), traceId });
    await recorder.flush();
    expect((await reader.find(digits)).toSorted()).toEqual(['c-0', 'c-1']);
  });

  test('of somebody who called several times in an hour are found by the number, the last seven of them', async ({ scope }) => {
    const { recorder, reader } = await open(scope);
    const callers = ['c-1', 'c-1', 'c-2', 'c-3', 'c-4', 'c-5', 'c-6', 'c-7', 'c-8', 'c-9'];
    for (const [index, conversationId] of callers.entries())
      recorder.record(conversationId, received(`e-${index}`), '+13175550100');
    await recorder.flush();
    expect(await reader.find('+13175550100')).toEqual(['c-9', 'c-8', 'c-7', 'c-6', 'c-5', 'c-4', 'c-3']);
    expect(await reader.find('c-1')).toEqual(['c-1']);
  });

  test('are searched by rule, outcome, reason and time, newest first', async ({ scope }) => {
    const { recorder, reader } = await open(scope);
    const [first, second, third] = ['c-1', 'c-2', randomUUID()];
    recorder.record(first, ended('e-1', { kind: 'dead-lettered', reason: 'permission-missing' }, NOW - 5 * HOUR_MS));
    recorder.record(second, ended('e-2', { kind: 'dead-lettered', reason: 'queue-not-found', rule: 'escalate' }, NOW - HOUR_MS));
    recorder.record(third, ended('e-3', {}));
    await recorder.flush();
    const search = (query: object) => reader.search({ limit: 10, ...query });
    expect(await search({})).toEqual([third, second, first]);
    expect(await search({ outcome: 'dead-lettered' })).toEqual([second, first]);
    expect(await search({ reason: 'permission-missing' })).toEqual([first]);
    expect(await search({ rule: 'escalate', outcome: 'dead-lettered' })).toEqual([second]);
    expect(await search({ rule: 'escalate', reason: 'permission-missing' })).toEqual([]);
    expect(await search({ outcome: 'applied' })).toEqual([third]);
    expect(await search({ since: NOW - 2 * HOUR_MS })).toEqual([third, second]);
    expect(await search({ until: NOW - 2 * HOUR_MS })).toEqual([first]);
    expect(await search({ limit: 1 })).toEqual([third]);
  });

  test('of a moment in a busy hour are found behind thousands of newer ones', async ({ scope }) => {
    const { recorder, reader } = await open(scope);
    const hour = NOW - HOUR_MS;
    recorder.record('wanted', received('e-wanted', hour + 1_000));
    for (let index = 0; index < 3_000; index += 1) recorder.record(`c-${index}`, received(`e-${index}`, hour + 2_000 + index));
    await recorder.flush();
    expect(await reader.search({ limit: 10, since: hour, until: hour + 1_500 })).toEqual(['wanted']);
  });

  test('that are stored together are found each, by what is theirs and by what they share, in their hours', async ({ scope }) => {
    const { recorder, reader } = await open(scope);
    const events = Array.from({ length: 150 }, (_, index) => {
      const at = NOW - (index % 3 === 0 ? 2 * HOUR_MS : 0) + index;
      return { conversationId: `c-${index % 20}`, eventId: `e-${index}`, at, participantId: `p-${index % 5}` };
    });
    for (const { conversationId, eventId, at, participantId } of events) {
      recorder.record(conversationId, received(eventId, at), `+1317555${conversationId.slice(2).padStart(4, '0')}`);
      recorder.record(conversationId, ended(eventId, { participantId, kind: 'skipped', reason: 'condition-false' }, at));
    }
    await recorder.flush();
    for (let number = 0; number < 20; number += 1) {
      const ids = events.filter(({ conversationId }) => conversationId === `c-${number}`).map(({ eventId }) => eventId);
      const lines = await reader.story(`c-${number}`);
      expect(lines.map(({ kind, eventId }) => `${kind} ${eventId}`).toSorted()).toEqual(
        ids.flatMap((id) => [`ended ${id}`, `received ${id}`]).toSorted(),
      );
    }
    expect(await reader.find('+13175550013')).toEqual(['c-13']);
    for (const { eventId, conversationId } of events.slice(0, 20)) expect(await reader.find(eventId)).toEqual([conversationId]);
    expect((await reader.find('p-3')).toSorted()).toEqual(['c-13', 'c-18', 'c-3', 'c-8']);
    expect(await reader.countOf('tag-trace')).toBe(events.length);
    const search = async (query: object) => (await reader.search({ limit: 100, ...query })).toSorted();
    const all = Array.from({ length: 20 }, (_, number) => `c-${number}`).toSorted();
    for (const query of [{}, { outcome: 'skipped' }, { reason: 'condition-false' }]) expect(await search(query)).toEqual(all);
    const earlier = ['c-0', 'c-12', 'c-15', 'c-18', 'c-3', 'c-6', 'c-9'];
    expect(await search({ until: NOW - HOUR_MS })).toEqual(earlier);
  });

  test('hold neither an address in clear nor more than their last 200 lines, and all of it expires', async ({ scope }) => {
    const { recorder, reader, redis } = await open(scope);
    for (let index = 0; index < 250; index += 1) recorder.record('c-1', received(`e-${index}`, NOW + index), '+13175550100');
    await recorder.flush();
    const lines = await reader.story('c-1');
    expect(lines.length).toBe(200);
    expect([lines[0]?.eventId, lines.at(-1)?.eventId]).toEqual(['e-50', 'e-249']);
    expect(await reader.find('c-1')).toEqual(['c-1']);
    for (const key of await listKeys(scope)) {
      const dumped = await redis.dumpBuffer(key);
      expect(dumped?.includes('3175550100')).toBe(false);
      if (!key.endsWith('story-secret')) expect([key, await redis.ttl(key)]).toEqual([key, expect.closeTo(73 * 3600, -2)]);
    }
  });

  test('that cannot be stored are dropped, and hold nothing up', async ({ scope }) => {
    const redis = await scope.connect('producer');
    const recorder = createStoryRecorder({ redis, prefix: scope.prefix, days: 3, logger: silent });
    redis.disconnect();
    recorder.record('c-1', received('e-1'));
    await recorder.flush();
    recorder.record('c-1', received('e-2'));
    await recorder.flush();
  });
});
