import { once } from 'node:events';
import { describe, expect } from 'vitest';
import { waitUntil } from '../../../harness/wait-until.ts';
import { sampleEntry } from '../../sample-entry.ts';
import { type RedisScope, test } from '../redis-scope.ts';
import { idOf, openReceiving, type Receiving, startWorker } from './conversation-scope.ts';

const CONVERSATIONS = 40;
const EVENTS = 10_000;
const BATCH = 10;
const FAILURE = 0.03;
const STALE_SETTLE = 0.05;
const LOST_LOCKS = 4;

interface Ledger {
  /** Ids in the order in which they took effect, by conversation. */
  readonly effects: Map<string, string[]>;
  readonly overlaps: string[];
  readonly random: () => number;
  /** Conversations that are being processed by a job that still has its lock. */
  readonly active: Set<string>;
  lostLocks: number;
  staleSettles: number;
}

/** Deterministic, so that a failing seed can be run again. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** One batch: stops at the first entry that fails, which stays at the head with one more attempt. */
async function processBatch({ inbox }: Receiving, ledger: Ledger, conversationId: string): Promise<'empty' | 'failed' | 'more'> {
  const batch = await inbox.read(conversationId, BATCH);
  if (batch.length === 0) return 'empty';
  await new Promise((resolve) => setTimeout(resolve, ledger.random() * 4)); // stands for the calls to Genesys
  const failing = batch.findIndex(() => ledger.random() < FAILURE);
  const done = failing === -1 ? batch : batch.slice(0, failing);
  const failed = failing === -1 ? undefined : batch[failing];
  const entry = failed?.entry;
  const replace = failed && entry ? [{ item: failed, entry: { ...entry, attempts: entry.attempts + 1 } }] : [];
  const settlement = { remove: done, replace };
  const { settled } = await inbox.settle(conversationId, settlement);
  if (settled) ledger.effects.get(conversationId)?.push(...done.map(idOf));
  if (ledger.random() < STALE_SETTLE) {
    ledger.staleSettles += 1;
    if ((await inbox.settle(conversationId, settlement)).settled) ledger.overlaps.push(`${conversationId}: settled twice`);
  }
  return failed ? 'failed' : 'more';
}

/** Takes the lock of the job away under it, and waits until it is told. */
async function loseLock(scope: RedisScope, conversationId: string, signal: AbortSignal): Promise<void> {
  const redis = await scope.connect();
  const jobId = await redis.get(`${scope.prefix}:conversations:de:${conversationId}`);
  await redis.del(`${scope.prefix}:conversations:${jobId}:lock`);
  if (!signal.aborted) await once(signal, 'abort');
}

function startStressWorker(scope: RedisScope, receiving: Receiving, ledger: Ledger) {
  return startWorker(scope, async (conversationId, { signal }) => {
    if (ledger.active.has(conversationId)) ledger.overlaps.push(`${conversationId}: processed twice at once`);
    ledger.active.add(conversationId);
    if (ledger.lostLocks < LOST_LOCKS && ledger.random() < 0.05) {
      ledger.lostLocks += 1;
      const stale = await receiving.inbox.read(conversationId, BATCH);
      ledger.active.delete(conversationId);
      await loseLock(scope, conversationId, signal);
      // What a worker does that comes back late: it settles what it read long ago.
      const { settled } = await receiving.inbox.settle(conversationId, { remove: stale, replace: [] });
      if (settled) ledger.effects.get(conversationId)?.push(...stale.map(idOf));
      return { retryAt: null };
    }
    for (;;) {
      const result = await processBatch(receiving, ledger, conversationId);
      if (result === 'more') continue;
      ledger.active.delete(conversationId);
      return { retryAt: result === 'failed' ? Date.now() + ledger.random() * 50 : null };
    }
  });
}

describe('under random failures, stale settles and lost locks', () => {
  test('nothing is lost, nothing overlaps, nothing changes its order', { timeout: 60_000 }, async ({ scope }) => {
    const seed = Number(process.env.STRESS_SEED ?? Date.now() % 1_000_000);
    const random = createRandom(seed);
    const ids = Array.from({ length: CONVERSATIONS }, (_, index) => `c-${index}`);
    const effects = new Map(ids.map((id) => [id, []]));
    const ledger: Ledger = { effects, overlaps: [], random, active: new Set(), lostLocks: 0, staleSettles: 0 };
    const receiving = await openReceiving(scope);
    await startStressWorker(scope, receiving, ledger);
    await startStressWorker(scope, await openReceiving(scope), ledger);

    const sent = new Map<string, string[]>(ids.map((id) => [id, []]));
    for (let event = 0; event < EVENTS; ) {
      const burst = Array.from({ length: 1 + Math.floor(random() * 20) }, () => {
        const conversationId = ids[Math.floor(random() * CONVERSATIONS)] ?? 'c-0';
        event += 1;
        sent.get(conversationId)?.push(`e-${event}`);
        return sampleEntry(conversationId, `e-${event}`);
      });
      // Deliveries of one burst go out at once, a tenth of them twice.
      await Promise.all(
        burst.flatMap((entry) => Array.from({ length: random() < 0.1 ? 2 : 1 }, () => receiving.store.accept([entry]))),
      );
    }
    const count = () => [...ledger.effects.values()].reduce((sum, list) => sum + list.length, 0);
    const total = [...sent.values()].reduce((sum, list) => sum + list.length, 0);
    await waitUntil(() => count() >= total, { timeoutMs: 40_000, what: `all entries to take effect (STRESS_SEED=${seed})` });

    expect(ledger.overlaps, `STRESS_SEED=${seed}`).toEqual([]);
    expect(ledger.effects, `STRESS_SEED=${seed}`).toEqual(sent);
    expect([ledger.lostLocks, ledger.staleSettles > 0]).toEqual([LOST_LOCKS, true]);
    expect(await receiving.inbox.readStats()).toEqual({ pendingConversations: 0, oldestPendingAgeSeconds: 0 });
  });
});
