import { describe, expect } from 'vitest';
import { waitUntil } from '../../../harness/wait-until.ts';
import type { Outcome } from '../../../src/domain/outcome.ts';
import { createDeadLetterWorker } from '../../../src/queue/dead-letter-worker.ts';
import { createDeadLetters, type DeadLetterRetention, type DeadLetters } from '../../../src/queue/dead-letters.ts';
import { sampleEntry } from '../../sample-entry.ts';
import { listKeys, type RedisScope, silent, test } from '../redis-scope.ts';
import { openReceiving, type Receiving } from './conversation-scope.ts';

const refused: Outcome = {
  kind: 'dead-lettered',
  reason: 'refused',
  detail: 'Genesys refused the attribute name',
  rule: 'tag-trace',
  action: 'setAttributes',
  participantId: 'p-1',
  genesys: { status: 400, code: 'bad.request', message: 'no', correlationId: 'x-1' },
};
const skipped: Outcome = { ...refused, kind: 'skipped', reason: 'too-old', detail: 'too old' };

async function open(scope: RedisScope, retention?: DeadLetterRetention): Promise<DeadLetters> {
  const connection = await scope.connect('worker');
  const deadLetters = createDeadLetters({ connection, prefix: scope.prefix, logger: silent, ...(retention && { retention }) });
  scope.defer(() => deadLetters.close());
  return deadLetters;
}

async function startDeadLetterWorker(scope: RedisScope, deadLetters: DeadLetters, { inbox, queue }: Receiving) {
  const connection = await scope.connect('worker');
  const worker = createDeadLetterWorker({ connection, prefix: scope.prefix, deadLetters, inbox, queue, logger: silent });
  scope.defer(() => worker.close(1_000));
  await worker.ready();
  return worker;
}

const untilFailed = (deadLetters: DeadLetters, count: number) =>
  waitUntil(async () => (await deadLetters.count()) === count, { what: `${count} dead letters`, intervalMs: 10 });

const untilEntries = ({ inbox }: Receiving, conversationId: string, count: number) =>
  waitUntil(
    async () => {
      const items = await inbox.read(conversationId, 100);
      return items.length === count && items;
    },
    { what: `${count} entries`, intervalMs: 10 },
  );

describe('a dead letter', () => {
  test('is a failed job with what a person needs to know', async ({ scope }) => {
    const receiving = await openReceiving(scope);
    const deadLetters = await open(scope);
    await startDeadLetterWorker(scope, deadLetters, receiving);
    const entry = sampleEntry('c-1', 'a', { attempts: 3 });
    await deadLetters.add(entry, 'tag-trace/0', refused);
    await untilFailed(deadLetters, 1);
    const [listed] = await deadLetters.list(0, 10);
    expect(listed).toMatchObject({
      state: 'failed',
      letter: { conversationId: 'c-1', entry, raw: null, actionKey: 'tag-trace/0', outcome: refused, attempts: 3 },
    });
    expect(await deadLetters.get(listed?.id ?? '')).toEqual(listed);
    const job = await deadLetters.queue.getJob(listed?.id ?? '');
    expect(job?.name).toBe('refused');
    expect(job?.failedReason).toBe('refused: Genesys refused the attribute name');
  });

  test('is there once, however often the same action of the same entry is added', async ({ scope }) => {
    const receiving = await openReceiving(scope);
    const deadLetters = await open(scope);
    const entry = sampleEntry('c-1', 'a');
    await deadLetters.add(entry, '0', refused); // killed before the worker of the queue saw it
    await deadLetters.add(entry, '0', refused);
    await startDeadLetterWorker(scope, deadLetters, receiving);
    await untilFailed(deadLetters, 1);
    await deadLetters.add(entry, '0', refused);
    await deadLetters.add(entry, '1', refused);
    await untilFailed(deadLetters, 2);
  });

  test('is kept when nobody runs the queue, and shown as on its way', async ({ scope }) => {
    const deadLetters = await open(scope);
    await deadLetters.add(sampleEntry('c-1', 'a'), '0', refused);
    const [job] = await deadLetters.queue.getWaiting();
    expect(await deadLetters.get(job?.id ?? '')).toMatchObject({ state: 'parking' });
    expect(await deadLetters.retry(job?.id ?? '')).toBe(false);
  });

  test('is dropped on request', async ({ scope }) => {
    const receiving = await openReceiving(scope);
    const deadLetters = await open(scope);
    await startDeadLetterWorker(scope, deadLetters, receiving);
    await deadLetters.add(sampleEntry('c-1', 'a'), '0', refused);
    await untilFailed(deadLetters, 1);
    const [listed] = await deadLetters.list(0, 10);
    expect(await deadLetters.drop(listed?.id ?? '')).toBe(true);
    expect(await deadLetters.drop(listed?.id ?? '')).toBe(false);
    expect(await deadLetters.get(listed?.id ?? '')).toBeNull();
    expect(await deadLetters.count()).toBe(0);
  });

  test('is kept up to the number that is configured, the newest', async ({ scope }) => {
    const receiving = await openReceiving(scope);
    const deadLetters = await open(scope, { maxCount: 2, maxAgeSeconds: 60 });
    for (const id of ['a', 'b', 'c', 'd']) await deadLetters.add(sampleEntry('c-1', id), '0', refused);
    await startDeadLetterWorker(scope, deadLetters, receiving);
    await waitUntil(
      async () => (await deadLetters.queue.getWaitingCount()) === 0 && (await deadLetters.queue.getActiveCount()) === 0,
    );
    expect((await deadLetters.list(0, 10)).map(({ letter }) => letter.entry?.id)).toEqual(['c', 'd']);
  });

  test('is kept up to the age that is configured, also when no other one comes in', async ({ scope }) => {
    const receiving = await openReceiving(scope);
    const deadLetters = await open(scope);
    await startDeadLetterWorker(scope, deadLetters, receiving);
    await deadLetters.add(sampleEntry('c-1', 'a'), '0', refused);
    await untilFailed(deadLetters, 1);
    expect(await deadLetters.removeExpired()).toBe(0);
    const impatient = await open(scope, { maxCount: 100, maxAgeSeconds: 0 });
    expect(
      await waitUntil(async () => (await impatient.removeExpired()) || null, { what: 'a millisecond to pass', intervalMs: 2 }),
    ).toBe(1);
    expect(await deadLetters.count()).toBe(0);
  });
});

describe('retrying a dead letter', () => {
  test('puts its entry back at the tail, with only the dead-lettered action still to do', async ({ scope }) => {
    const receiving = await openReceiving(scope);
    const deadLetters = await open(scope);
    await startDeadLetterWorker(scope, deadLetters, receiving);
    const entry = sampleEntry('c-1', 'a', { attempts: 8, outcomes: { '0': refused, '1': skipped } });
    await receiving.inbox.append([sampleEntry('c-1', 'earlier')]);
    await deadLetters.add(entry, '0', refused);
    await untilFailed(deadLetters, 1);
    const [listed] = await deadLetters.list(0, 1);
    expect(await deadLetters.retry(listed?.id ?? '')).toBe(true);
    const [, replayed] = await untilEntries(receiving, 'c-1', 2);
    expect(replayed?.entry).toEqual({
      ...entry,
      attempts: 0,
      outcomes: { '1': skipped },
      receivedAt: expect.any(Number),
      replayed: true,
    });
    await waitUntil(async () => (await deadLetters.get(listed?.id ?? '')) === null, { what: 'the dead letter is gone' });
  });

  test('leaves another dead-lettered action of the entry to its own dead letter', async ({ scope }) => {
    const receiving = await openReceiving(scope);
    const deadLetters = await open(scope);
    await startDeadLetterWorker(scope, deadLetters, receiving);
    const entry = sampleEntry('c-1', 'a', { outcomes: { '0': refused, '1': refused } });
    await deadLetters.add(entry, '0', refused);
    await deadLetters.add(entry, '1', refused);
    await untilFailed(deadLetters, 2);
    const [listed] = await deadLetters.list(0, 1);
    await deadLetters.retry(listed?.id ?? '');
    const [replayed] = await untilEntries(receiving, 'c-1', 1);
    const outcome = { kind: 'skipped', reason: 'refused' };
    expect(Object.entries(replayed?.entry?.outcomes ?? {})).toEqual([['1', expect.objectContaining(outcome)]]);
    await untilFailed(deadLetters, 1);
  });

  test('keeps it when it can not be put back', async ({ scope }) => {
    const receiving = await openReceiving(scope);
    const deadLetters = await open(scope);
    const redis = await scope.connect();
    const worker = await startDeadLetterWorker(scope, deadLetters, receiving);
    await deadLetters.add(sampleEntry('c-1', 'a'), '0', refused);
    await untilFailed(deadLetters, 1);
    await worker.close(1_000);
    await redis.set(`${scope.prefix}:inbox:c-1`, 'not a list');
    await deadLetters.retryAll();
    expect(await deadLetters.count()).toBe(0);
    await startDeadLetterWorker(scope, deadLetters, receiving);
    await untilFailed(deadLetters, 1);
    const [listed] = await deadLetters.list(0, 1);
    expect((await deadLetters.queue.getJob(listed?.id ?? ''))?.failedReason).toContain(refused.detail);
  });

  test('is shown and kept when it is none that this release reads', async ({ scope }) => {
    const receiving = await openReceiving(scope);
    const deadLetters = await open(scope);
    await startDeadLetterWorker(scope, deadLetters, receiving);
    await deadLetters.queue.add('other', { version: 9 } as never, { jobId: 'd1' });
    await untilFailed(deadLetters, 1);
    expect(await deadLetters.list(0, 10)).toMatchObject([
      { id: 'd1', letter: { raw: '{"version":9}', outcome: { reason: 'entry-unreadable' } } },
    ]);
    await deadLetters.retryAll();
    await untilFailed(deadLetters, 1);
    expect((await listKeys(scope)).filter((key) => key.includes(':inbox:'))).toEqual([]);
  });

  test('makes a job for the conversation', async ({ scope }) => {
    const receiving = await openReceiving(scope);
    const deadLetters = await open(scope);
    await startDeadLetterWorker(scope, deadLetters, receiving);
    await deadLetters.add(sampleEntry('c-1', 'a'), '0', refused);
    await untilFailed(deadLetters, 1);
    await deadLetters.retryAll();
    await untilEntries(receiving, 'c-1', 1);
    await waitUntil(async () => (await receiving.queue.filterWithoutJob(['c-1'])).length === 0, { what: 'a job' });
  });

  test('twice at once puts the entry back once', async ({ scope }) => {
    const receiving = await openReceiving(scope);
    const deadLetters = await open(scope);
    await startDeadLetterWorker(scope, deadLetters, receiving);
    await deadLetters.add(sampleEntry('c-1', 'a'), '0', refused);
    await untilFailed(deadLetters, 1);
    const [listed] = await deadLetters.list(0, 1);
    const id = listed?.id ?? '';
    await Promise.allSettled([deadLetters.retry(id), deadLetters.retry(id), deadLetters.retryAll()]);
    await waitUntil(async () => (await deadLetters.get(id)) === null, { what: 'the dead letter is gone' });
    expect(await receiving.inbox.read('c-1', 10)).toHaveLength(1);
  });

  test('works again for an entry that is dead-lettered again', async ({ scope }) => {
    const receiving = await openReceiving(scope);
    const deadLetters = await open(scope);
    await startDeadLetterWorker(scope, deadLetters, receiving);
    await deadLetters.add(sampleEntry('c-1', 'a'), '0', refused);
    for (const _round of [1, 2, 3]) {
      await untilFailed(deadLetters, 1);
      await deadLetters.retryAll();
      const items = await untilEntries(receiving, 'c-1', 1);
      const entry = items[0]?.entry;
      if (!entry) throw new Error('the entry can be read');
      await deadLetters.add(entry, '0', refused);
      await receiving.inbox.settle('c-1', { remove: items, replace: [] });
    }
    await untilFailed(deadLetters, 1);
  });

  test.for(['oldest first', 'newest first, as tools for BullMQ do'])(
    'all, %s, keeps the order of arrival',
    async (order, { scope }) => {
      const receiving = await openReceiving(scope);
      const deadLetters = await open(scope);
      await startDeadLetterWorker(scope, deadLetters, receiving);
      const ids = Array.from({ length: 60 }, (_, index) => `e-${index}`);
      // Events of one delivery are received in one millisecond.
      const received = (index: number) => ({ receivedAt: 1_000 + Math.floor(index / 20) });
      for (const [index, id] of ids.entries()) await deadLetters.add(sampleEntry('c-1', id, received(index)), '0', refused);
      await untilFailed(deadLetters, ids.length);
      if (order === 'oldest first') await deadLetters.retryAll();
      else await Promise.all((await deadLetters.queue.getFailed(0, -1)).map((job) => job.retry('failed')));
      const items = await untilEntries(receiving, 'c-1', ids.length);
      expect(items.map(({ entry }) => entry?.id)).toEqual(ids);
    },
  );

  test('puts back byte for byte what could not be read, for a release that can', async ({ scope }) => {
    const receiving = await openReceiving(scope);
    const deadLetters = await open(scope);
    await startDeadLetterWorker(scope, deadLetters, receiving);
    const item = { raw: '{"version":2,"new":true}', entry: null };
    for (const _round of [1, 2]) {
      await deadLetters.addUnreadable('c-1', item, { ...refused, reason: 'entry-unreadable', rule: null });
      await untilFailed(deadLetters, 1);
      await deadLetters.retryAll();
      const items = await untilEntries(receiving, 'c-1', 1);
      expect(items).toEqual([item]);
      await receiving.inbox.settle('c-1', { remove: items, replace: [] });
      await waitUntil(async () => (await deadLetters.queue.getActiveCount()) === 0);
    }
  });
});
