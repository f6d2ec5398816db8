import { once } from 'node:events';
import { Worker } from 'bullmq';
import { pino } from 'pino';
import { expect, vi } from 'vitest';
import { createConversationWorker } from '../../../src/queue/conversation-worker.ts';
import { type RedisScope, silent, test } from '../redis-scope.ts';
import { openReceiving, startWorker } from './conversation-scope.ts';

/** Resolves when the lock of the conversation's job was renewed twice. @throws Error when there is no lock */
async function untilRenewed(scope: RedisScope, conversationId: string): Promise<void> {
  const redis = await scope.connect();
  const jobs = `${scope.prefix}:conversations`;
  const lock = `${jobs}:${await redis.get(`${jobs}:de:${conversationId}`)}:lock`;
  let last = await redis.pttl(lock);
  for (let renewals = 0; renewals < 2; ) {
    const left = await redis.pttl(lock);
    if (left < 0) throw new Error('the lock has ended');
    if (left > last) renewals += 1;
    last = left;
  }
}

/** The main loop of a worker looks for the next job only when `until` is settled, as if Redis were slow to reply. */
function delayNextFetch(until: Promise<void>): void {
  const fetching = Worker.prototype as unknown as { moveToActive(...args: unknown[]): Promise<unknown> };
  const original = fetching.moveToActive;
  vi.spyOn(fetching, 'moveToActive').mockImplementationOnce(async function (this: unknown, ...args) {
    const job = await original.apply(this, args);
    await until;
    return job;
  });
}

test('a conversation that was given back, and that another place of the same process took, keeps its lock', async ({ scope }) => {
  const { queue } = await openReceiving(scope);
  const otherStarted = Promise.withResolvers<void>();
  const otherMayEnd = Promise.withResolvers<void>();
  const takenAgain = Promise.withResolvers<void>();
  const kept = Promise.withResolvers<void>();
  let runs = 0;
  const run = async () => {
    runs += 1;
    if (runs > 1) {
      takenAgain.resolve();
      await untilRenewed(scope, 'c-1').then(kept.resolve, kept.reject);
      return { retryAt: null };
    }
    await otherStarted.promise;
    delayNextFetch(takenAgain.promise);
    // The other place is free just after this conversation was given back, and takes it.
    setImmediate(otherMayEnd.resolve);
    return { retryAt: Date.now() };
  };
  const runOther = async () => {
    otherStarted.resolve();
    await otherMayEnd.promise;
    return { retryAt: null };
  };
  await startWorker(scope, (conversationId) => (conversationId === 'c-1' ? run() : runOther()), 2);
  await queue.ensureJobs(['c-1', 'c-other']);
  await kept.promise;
  expect(runs).toBe(2);
});

test('a conversation whose lock could not be renewed in its time is told to stop, though Redis replies to nothing', async ({
  scope,
}) => {
  const { queue } = await openReceiving(scope);
  const connection = await scope.connect('worker');
  const stopped = Promise.withResolvers<unknown>();
  let runs = 0;
  const worker = createConversationWorker({
    connection,
    prefix: scope.prefix,
    concurrency: 1,
    lockDurationMs: 300,
    stalledIntervalMs: 60_000,
    logger: silent,
    process: async (_, { signal }) => {
      runs += 1;
      if (runs > 1) return { retryAt: null };
      const send = connection.sendCommand.bind(connection);
      connection.sendCommand = () => new Promise(() => undefined);
      await once(signal, 'abort');
      stopped.resolve(signal.reason);
      connection.sendCommand = send;
      return { retryAt: null };
    },
  });
  scope.defer(() => worker.close(0));
  await queue.ensureJobs(['c-1']);
  expect(await stopped.promise).toBe('the lock was lost');
});

test('a conversation that is at work for long is reported', async ({ scope }) => {
  const { queue } = await openReceiving(scope);
  const reported = Promise.withResolvers<Record<string, unknown>>();
  const logger = pino({ level: 'warn' }, { write: (line: string) => reported.resolve(JSON.parse(line)) });
  const options = { connection: await scope.connect('worker'), prefix: scope.prefix, concurrency: 1, logger, longRunMs: 20 };
  const worker = createConversationWorker({
    ...options,
    process: async () => {
      await reported.promise;
      return { retryAt: null };
    },
  });
  scope.defer(() => worker.close(1_000));
  await queue.ensureJobs(['c-1']);
  expect(await reported.promise).toMatchObject({ msg: 'a conversation has been at work for long', conversationId: 'c-1' });
});
