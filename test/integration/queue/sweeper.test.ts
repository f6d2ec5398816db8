import { describe, expect } from 'vitest';
import { removeKeys } from '../../../harness/unique-prefix.ts';
import { waitUntil } from '../../../harness/wait-until.ts';
import { startSweeper, sweep } from '../../../src/queue/sweeper.ts';
import { sampleEntry } from '../../sample-entry.ts';
import { silent, test } from '../redis-scope.ts';
import { collect, drain, openReceiving, startWorker } from './conversation-scope.ts';

describe('the sweeper', () => {
  test('schedules conversations that have entries and no job', async ({ scope }) => {
    const { inbox, queue, proofs, store } = await openReceiving(scope);
    await inbox.append([sampleEntry('left-behind', 'a', { receivedAt: 1_000 })]);
    await store.accept([sampleEntry('scheduled', 'b', { receivedAt: 1_000 })]);
    expect(await sweep({ inbox, queue, proofs }, 12_000)).toBe(1);
    expect(await queue.filterWithoutJob(['left-behind', 'scheduled'])).toEqual([]);
    expect(await sweep({ inbox, queue, proofs }, 12_000)).toBe(0);
  });

  test('schedules a conversation again whose job is in none of the lists', async ({ scope }) => {
    const { inbox, queue, proofs, store } = await openReceiving(scope);
    const redis = await scope.connect();
    await store.accept([sampleEntry('lost', 'a', { receivedAt: 1_000 })]);
    await redis.del(`${scope.prefix}:conversations:wait`);
    expect(await sweep({ inbox, queue, proofs }, 12_000)).toBe(1);
    expect(await redis.llen(`${scope.prefix}:conversations:wait`)).toBe(1);
    expect(await sweep({ inbox, queue, proofs }, 12_000)).toBe(0);
  });

  test('leaves alone those that were appended a moment ago', async ({ scope }) => {
    const { inbox, queue, proofs } = await openReceiving(scope);
    await inbox.append([sampleEntry('new', 'a', { receivedAt: 1_000 })]);
    expect(await sweep({ inbox, queue, proofs }, 11_000)).toBe(0);
  });

  test('looks at every page', async ({ scope }) => {
    const { inbox, queue, proofs } = await openReceiving(scope);
    const entries = Array.from({ length: 1_200 }, (_, index) =>
      sampleEntry(`c-${index}`, 'a', { receivedAt: 1_000, id: `e-${index}` }),
    );
    await inbox.append(entries);
    expect(await sweep({ inbox, queue, proofs }, 12_000)).toBe(1_200);
  });

  test('runs by itself', async ({ scope }) => {
    const { inbox, queue, proofs } = await openReceiving(scope);
    await inbox.append([sampleEntry('left-behind', 'a', { receivedAt: 1_000 })]);
    const { see, all } = collect(1);
    await startWorker(scope, drain(inbox, see));
    const connection = await scope.connect('worker');
    const deadLetters = { removeExpired: async () => 0 };
    const sweeper = await startSweeper({ connection, prefix: scope.prefix, inbox, queue, proofs, deadLetters, logger: silent });
    scope.defer(() => sweeper.close(1_000));
    expect(await all).toEqual(['a']);
  });

  test('removes expired dead letters', async ({ scope }) => {
    const { inbox, queue, proofs } = await openReceiving(scope);
    const { promise: removed, resolve } = Promise.withResolvers<void>();
    const removeExpired = async () => {
      resolve();
      return 3;
    };
    const connection = await scope.connect('worker');
    const sweeper = await startSweeper({
      connection,
      prefix: scope.prefix,
      inbox,
      queue,
      proofs,
      deadLetters: { removeExpired },
      logger: silent,
    });
    scope.defer(() => sweeper.close(1_000));
    await removed;
  });

  test('has its schedule again after Redis has lost it', async ({ scope }) => {
    const { inbox, queue, proofs } = await openReceiving(scope);
    const connection = await scope.connect('worker');
    const deadLetters = { removeExpired: async () => 0 };
    const options = { connection, prefix: scope.prefix, inbox, queue, proofs, deadLetters, logger: silent, guardMs: 50 };
    const sweeper = await startSweeper(options);
    scope.defer(() => sweeper.close(1_000));
    await removeKeys(scope.url, scope.prefix);
    const scheduleKey = `${scope.prefix}:sweeper:repeat`;
    await waitUntil(async () => (await connection.zcard(scheduleKey)) === 1, { what: 'the schedule' });
    await inbox.append([sampleEntry('left-behind', 'a', { receivedAt: 1_000 })]);
    await waitUntil(async () => (await queue.filterWithoutJob(['left-behind'])).length === 0, {
      what: 'a sweep',
      timeoutMs: 20_000,
    });
  }, 40_000);
});
