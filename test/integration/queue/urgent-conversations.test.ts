import { expect } from 'vitest';
import { waitUntil } from '../../../harness/wait-until.ts';
import { createUrgentConversations } from '../../../src/queue/urgent-conversations.ts';
import { watchUrgent } from '../../../src/worker/watch-urgent.ts';
import { sampleEntry } from '../../sample-entry.ts';
import { type RedisScope, test } from '../redis-scope.ts';
import { collect, drain, openReceiving, startWorker } from './conversation-scope.ts';

/** A worker with one place, which the first conversation keeps until `release`. */
async function openBusy(scope: RedisScope) {
  const receiving = await openReceiving(scope);
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: taken, resolve: take } = Promise.withResolvers<void>();
  const { see, all } = collect(2);
  const active = new Set<string>();
  const drainAll = drain(receiving.inbox, see);
  const worker = await startWorker(
    scope,
    async (conversationId, context) => {
      active.add(conversationId);
      if (conversationId === 'c-busy') {
        take();
        await released;
      }
      return drainAll(conversationId, context);
    },
    1,
  );
  const urgent = createUrgentConversations({ redis: await scope.connect('worker'), prefix: scope.prefix });
  const hastened = Promise.withResolvers<string>();
  const genesys = { hasten: hastened.resolve, rateBudget: () => 1 };
  const stop = watchUrgent({ urgent, worker, genesys, active });
  scope.defer(async () => stop());
  await receiving.store.accept([sampleEntry('c-busy', 'first')]);
  await taken;
  return { receiving, all, release, hastened: hastened.promise };
}

test('a conversation that must not wait is processed while every place is taken', async ({ scope }) => {
  const { receiving, all, release } = await openBusy(scope);
  await receiving.store.accept([sampleEntry('c-other', 'other')]);
  await receiving.store.accept([sampleEntry('c-urgent', 'urgent')]);
  await waitUntil(async () => (await receiving.inbox.read('c-urgent', 1)).length === 0, { what: 'the urgent one' });
  expect(await receiving.inbox.read('c-other', 1)).toHaveLength(1);
  release();
  expect(await all).toEqual(['urgent', 'first']);
});

test('a conversation that is at work already, and in which something came that must not wait, is hastened', async ({ scope }) => {
  const { receiving, hastened, release, all } = await openBusy(scope);
  await receiving.store.accept([sampleEntry('c-busy', 'urgent')]);
  expect(await hastened).toBe('c-busy');
  release();
  expect(await all).toEqual(['first', 'urgent']);
});
