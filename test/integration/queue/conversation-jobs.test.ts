import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type JobType, Queue } from 'bullmq';
import { pino } from 'pino';
import { describe, expect } from 'vitest';
import { waitUntil } from '../../../harness/wait-until.ts';
import { CONVERSATIONS, type ConversationJob } from '../../../src/queue/conversation-queue.ts';
import type { ProcessContext } from '../../../src/queue/conversation-worker.ts';
import { sampleEntry } from '../../sample-entry.ts';
import { listKeys, type RedisScope, test } from '../redis-scope.ts';
import { collect, drain, openReceiving, type Receiving, startWorker } from './conversation-scope.ts';

/** Jobs that wait, are worked on or are delayed. */
async function openJobs(scope: RedisScope) {
  const queue = new Queue<ConversationJob>(CONVERSATIONS, { connection: await scope.connect(), prefix: scope.prefix });
  scope.defer(() => queue.close());
  return (...states: readonly JobType[]) => queue.getJobCountByTypes(...states);
}

async function expectNothingLeft({ inbox }: Receiving, scope: RedisScope): Promise<void> {
  const countJobs = await openJobs(scope);
  await waitUntil(async () => (await countJobs('waiting', 'active', 'delayed')) === 0, { what: 'no jobs' });
  expect(await inbox.listPending(Date.now() + 1, 0, 10)).toEqual([]);
  const keys = await listKeys(scope);
  expect(keys.filter((key) => /:inbox:|:conversations:(de|dn):|:conversations:\d+$/.test(key))).toEqual([]);
}

describe('a conversation job', () => {
  test('brings every accepted entry to a worker, in order', async ({ scope }) => {
    const receiving = await openReceiving(scope);
    const { see, all } = collect(4);
    await startWorker(scope, drain(receiving.inbox, see));
    await receiving.store.accept(['a', 'b', 'c'].map((id) => sampleEntry('c-1', id)));
    await receiving.store.accept([sampleEntry('c-1', 'd')]);
    expect(await all).toEqual(['a', 'b', 'c', 'd']);
    await expectNothingLeft(receiving, scope);
  });

  test('of an entry that must not wait goes before those that wait, with all that its conversation has', async ({ scope }) => {
    const receiving = await openReceiving(scope);
    await receiving.store.accept(['a', 'b', 'c', 'd'].map((id) => sampleEntry(`c-${id}`, id)));
    await receiving.store.accept([sampleEntry('c-c', 'urgent-1')]);
    await receiving.store.accept([sampleEntry('c-e', 'urgent-2')]);
    const { see, all } = collect(6);
    await startWorker(scope, drain(receiving.inbox, see), 1);
    expect(await all).toEqual(['urgent-2', 'c', 'urgent-1', 'a', 'b', 'd']);
    await expectNothingLeft(receiving, scope);
  });

  test('that is delayed, active or gone is left alone by an entry that must not wait', async ({ scope }) => {
    const receiving = await openReceiving(scope);
    const { see, all } = collect(2);
    const drainAll = drain(receiving.inbox, see);
    let delayed = false;
    await startWorker(scope, async (conversationId, context) => {
      if (!delayed) {
        delayed = true;
        await receiving.store.accept([sampleEntry('c-1', 'urgent-1')]);
        return { retryAt: Date.now() + 100 };
      }
      return drainAll(conversationId, context);
    });
    await receiving.store.accept([sampleEntry('c-1', 'a')]);
    expect(await all).toEqual(['a', 'urgent-1']);
    await receiving.queue.hasten(['c-1', 'c-unknown']);
    await expectNothingLeft(receiving, scope);
  });

  test.for(['a:b', 'käse 😀', '*', '12345', 'x'.repeat(500), '{t}'])(
    'exists for the conversation id %s',
    async (id, { scope }) => {
      const receiving = await openReceiving(scope);
      const { see, all } = collect(1);
      await startWorker(scope, drain(receiving.inbox, see));
      await receiving.store.accept([sampleEntry(id, 'a')]);
      expect(await all).toEqual(['a']);
      await expectNothingLeft(receiving, scope);
    },
  );

  test('follows the active one for entries that arrive after it saw an empty inbox', async ({ scope }) => {
    const receiving = await openReceiving(scope);
    const { see, all } = collect(2);
    const drainAll = drain(receiving.inbox, see);
    let accepted = false;
    await startWorker(scope, async (conversationId, context) => {
      const result = await drainAll(conversationId, context);
      if (!accepted) await receiving.store.accept([sampleEntry('c-1', 'b')]);
      accepted = true;
      return result;
    });
    await receiving.store.accept([sampleEntry('c-1', 'a')]);
    expect(await all).toEqual(['a', 'b']);
    await expectNothingLeft(receiving, scope);
  });

  test('comes back at the time that was asked for, with what arrived before and during the wait', async ({ scope }) => {
    const receiving = await openReceiving(scope);
    const { see, all } = collect(3);
    const drainAll = drain(receiving.inbox, see);
    let retryAt: number | null = null;
    let returnedAt = 0;
    await startWorker(scope, async (conversationId, context) => {
      if (retryAt === null) {
        await receiving.queue.ensureJobs(['c-1']); // active: a job is stored to follow this one
        await receiving.store.accept([sampleEntry('c-1', 'b')]);
        retryAt = Date.now() + 300;
        return { retryAt };
      }
      returnedAt ||= Date.now();
      return drainAll(conversationId, context);
    });
    await receiving.store.accept([sampleEntry('c-1', 'a')]);
    const countJobs = await openJobs(scope);
    await waitUntil(async () => (await countJobs('delayed')) === 1, { what: 'a delayed job', intervalMs: 5 });
    await receiving.store.accept([sampleEntry('c-1', 'c')]);
    await receiving.queue.ensureJobs(['c-1']);
    expect(await all).toEqual(['a', 'b', 'c']);
    expect(returnedAt).toBeGreaterThanOrEqual(retryAt ?? Number.POSITIVE_INFINITY);
    await expectNothingLeft(receiving, scope);
  });

  test('comes back after the processor threw, which is a bug', async ({ scope }) => {
    const receiving = await openReceiving(scope);
    const { see, all } = collect(1);
    const drainAll = drain(receiving.inbox, see);
    let thrown = false;
    await startWorker(scope, async (conversationId, context) => {
      if (thrown) return drainAll(conversationId, context);
      thrown = true;
      throw new Error('a bug');
    });
    await receiving.store.accept([sampleEntry('c-1', 'a')]);
    expect(await all).toEqual(['a']);
    await expectNothingLeft(receiving, scope);
  });

  test('is taken over when its worker was killed, with the job that is to follow it', async ({ scope }) => {
    const receiving = await openReceiving(scope);
    const hanging = spawn(
      process.execPath,
      [fileURLToPath(new URL('hanging-worker.ts', import.meta.url)), scope.url, scope.prefix],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    scope.defer(async () => hanging.kill('SIGKILL'));
    await receiving.store.accept([sampleEntry('c-1', 'a')]);
    expect(String(await once(hanging.stdout, 'data'))).toBe('c-1');
    await receiving.queue.ensureJobs(['c-1']); // stored behind the active one
    hanging.kill('SIGKILL');
    await once(hanging, 'exit');
    const { see, all } = collect(1);
    const log: Record<string, unknown>[] = [];
    const logger = pino({ level: 'warn' }, { write: (line: string) => log.push(JSON.parse(line)) });
    await startWorker(scope, drain(receiving.inbox, see), 10, logger);
    expect(await all).toEqual(['a']);
    await waitUntil(() => log.some(({ msg, conversationId }) => /^took over/.test(String(msg)) && conversationId === 'c-1'));
    await expectNothingLeft(receiving, scope);
  });

  test('that is delayed, waits or is active is not lost', async ({ scope }) => {
    const { queue } = await openReceiving(scope);
    const started = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();
    await startWorker(
      scope,
      async (conversationId) => {
        if (conversationId === 'c-delayed') return { retryAt: Date.now() + 60_000 };
        started.resolve();
        await mayEnd.promise;
        return { retryAt: null };
      },
      1,
    );
    await queue.ensureJobs(['c-delayed', 'c-active', 'c-waiting']);
    await started.promise;
    const all = ['c-delayed', 'c-active', 'c-waiting', 'c-none'];
    await queue.removeLost(all);
    expect(await queue.filterWithoutJob(all)).toEqual(['c-none']);
    mayEnd.resolve();
  });

  test('is told when its lock is lost', async ({ scope }) => {
    const receiving = await openReceiving(scope);
    const redis = await scope.connect();
    const aborted = Promise.withResolvers<boolean>();
    const { see, all } = collect(1);
    const drainAll = drain(receiving.inbox, see);
    let first = true;
    const log: Record<string, unknown>[] = [];
    const logger = pino({ level: 'warn' }, { write: (line: string) => log.push(JSON.parse(line)) });
    const process = async (conversationId: string, context: ProcessContext) => {
      if (!first) return drainAll(conversationId, context);
      first = false;
      const jobId = await redis.get(`${scope.prefix}:conversations:de:c-1`);
      await redis.del(`${scope.prefix}:conversations:${jobId}:lock`);
      await once(context.signal, 'abort');
      aborted.resolve(context.signal.aborted);
      return { retryAt: null };
    };
    await startWorker(scope, process, 10, logger);
    await receiving.store.accept([sampleEntry('c-1', 'a')]);
    expect(await aborted.promise).toBe(true);
    expect(await all).toEqual(['a']);
    expect(log).toContainEqual(expect.objectContaining({ msg: expect.stringMatching(/^lost the lock/), conversations: ['c-1'] }));
    await expectNothingLeft(receiving, scope);
  });

  test.for([
    ['the job and kept its deduplication key', (jobId: string) => [jobId, 'wait']],
    ['its place and kept the job', () => ['wait']],
  ] as const)('can be made again when Redis lost %s', async ([, lost], { scope }) => {
    const receiving = await openReceiving(scope);
    const redis = await scope.connect();
    await receiving.store.accept([sampleEntry('c-1', 'a')]);
    const jobId = (await redis.get(`${scope.prefix}:conversations:de:c-1`)) ?? '';
    await redis.del(lost(jobId).map((name) => `${scope.prefix}:conversations:${name}`));
    await receiving.queue.removeLost(['c-1', 'c-2']);
    expect(await receiving.queue.filterWithoutJob(['c-1', 'c-2'])).toEqual(['c-1', 'c-2']);
    await receiving.queue.ensureJobs(['c-1']);
    expect(await receiving.queue.filterWithoutJob(['c-1'])).toEqual([]);
    const { see, all } = collect(1);
    await startWorker(scope, drain(receiving.inbox, see));
    expect(await all).toEqual(['a']);
    await expectNothingLeft(receiving, scope);
  });
});

describe('closing a worker', () => {
  test('tells jobs in progress to stop when the time is over, and gives their conversations back', async ({ scope }) => {
    const receiving = await openReceiving(scope);
    const started = Promise.withResolvers<void>();
    const closing = await startWorker(scope, async (_, { signal }) => {
      started.resolve();
      await once(signal, 'abort');
      return { retryAt: Date.now() };
    });
    await receiving.store.accept([sampleEntry('c-1', 'a')]);
    await started.promise;
    await closing.close(0);
    const { see, all } = collect(1);
    await startWorker(scope, drain(receiving.inbox, see));
    expect(await all).toEqual(['a']);
  });
});
