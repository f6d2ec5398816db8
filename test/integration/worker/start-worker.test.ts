import { describe, expect, onTestFinished } from 'vitest';
import { waitUntil } from '../../../harness/wait-until.ts';
import { startSimulator } from '../../../simulator/start-simulator.ts';
import { ACTIONS } from '../../../src/actions/registry.ts';
import type { GenesysConfig } from '../../../src/config/config.ts';
import type { Action } from '../../../src/domain/action.ts';
import { createInbox } from '../../../src/inbox/redis-inbox.ts';
import { createDeliveryStore } from '../../../src/intake/delivery-store.ts';
import { createConversationQueue } from '../../../src/queue/conversation-queue.ts';
import { NO_STORIES } from '../../../src/story/story-recorder.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { startWorker, type WorkerTiming } from '../../../src/worker/start-worker.ts';
import { parseRules } from '../../read-rules.ts';
import { listKeys, type RedisScope, silent, test } from '../redis-scope.ts';
import { commandFor, workerConfig } from './with-worker.ts';

const GOLD: Action = { type: 'setAttributes', attributes: { tier: 'gold' } };
const YEAR_SECONDS = 365 * 86_400;

/** A worker role, and what is needed to give it work; the caller closes the role. */
async function open(scope: RedisScope, timing: WorkerTiming) {
  const redis = await scope.connect('worker');
  const simulator = await startSimulator();
  onTestFinished(() => simulator.stop());
  const lines: string[] = [];
  const logger = createLogger('info', { write: (line) => void lines.push(line) });
  const settings = workerConfig(scope.url, scope.prefix, simulator, { genesys: { timeoutMs: 120_000 } });
  const config = { ...settings, deadLetters: { maxCount: 10, maxAgeSeconds: YEAR_SECONDS } };
  const rules = parseRules('rules: []', 'rules.yaml', silent);
  if (!rules.ok) throw new Error(rules.faults.join());
  const genesys = config.genesys as GenesysConfig;
  const inbox = createInbox({ redis, prefix: scope.prefix, dedupSeconds: 60 });
  const queue = createConversationQueue({ connection: redis, prefix: scope.prefix, logger: silent });
  scope.defer(() => queue.close());
  const start = () =>
    startWorker({
      config,
      genesys,
      redis,
      story: NO_STORIES,
      takeSnapshot: async () => {},
      ruleSet: () => rules.ruleSet,
      reloadRules: () => {},
      kinds: ACTIONS,
      logger,
      timing,
    });
  return { redis, simulator, inbox, store: createDeliveryStore({ inbox, queue }), queue, start, lines };
}

function command(conversationId: string, action: Action = GOLD) {
  return { ...commandFor(conversationId, null, [action]), receivedAt: Date.now() - 60_000 };
}

describe('a worker', () => {
  test('sweeps although Redis refused that at first', async ({ scope }) => {
    const { redis, inbox, start, lines } = await open(scope, { startRetryMs: 50 });
    const schedule = `${scope.prefix}:sweeper:repeat`;
    await redis.set(schedule, 'not what it should be');
    const worker = start();
    scope.defer(() => worker.close());
    await waitUntil(() => lines.some((line) => line.includes('the sweeper did not start')), { what: 'the refusal' });
    await inbox.append([command('left-behind')]);
    await redis.del(schedule);
    await waitUntil(async () => (await inbox.readStats()).pendingConversations === 0, { what: 'the sweep' });
  });

  test('keeps the intent of a transfer longer than a dead letter', async ({ scope }) => {
    const { redis, simulator, store, start } = await open(scope, {});
    const worker = start();
    scope.defer(() => worker.close());
    const { id } = simulator.createConversation({ participants: [{ purpose: 'agent', userId: 'u-1' }] });
    await store.accept([command(id, { type: 'transfer', userId: 'u-2', transferType: 'Unattended' })]);
    const intentKey = async () => (await listKeys(scope)).find((key) => key.includes(':transfer:'));
    const key = await waitUntil(intentKey, { what: 'the intent' });
    expect(await redis.ttl(key)).toBeGreaterThan(YEAR_SECONDS);
  });

  test('that is told to stop does not wait for a Genesys that does not answer, and counts no try', async ({ scope }) => {
    const { simulator, inbox, store, start, lines } = await open(scope, { graceMs: 50 });
    simulator.addFault({ call: 'get-conversation', hang: 'before' });
    const worker = start();
    const { id } = simulator.createConversation({ participants: [{ purpose: 'customer' }] });
    await store.accept([command(id)]);
    await waitUntil(() => simulator.journal().some(({ call }) => call === 'get-conversation'), { what: 'the call' });
    await worker.close();
    await waitUntil(() => lines.some((line) => line.includes('conversation given back')), { what: 'the batch to end' });
    expect((await inbox.read(id, 10)).map(({ entry }) => entry?.attempts)).toEqual([0]);
  });

  test('shows a long pause, wakes one conversation when it is told to, and what sleeps when it starts anew', async ({
    scope,
  }) => {
    const { simulator, store, start, queue } = await open(scope, {});
    const ids = ['asleep-1', 'asleep-2'];
    for (const id of ids) simulator.createConversation({ id, participants: [{ purpose: 'customer' }] });
    simulator.addFault({ call: 'get-conversation', status: 429, retryAfterSeconds: 7200 });
    const first = start();
    await store.accept(ids.map((id) => ({ ...commandFor(id, { purpose: 'customer' }, [GOLD]), id: `command-${id}` })));
    const delayed = await waitUntil(async () => {
      const listed = await queue.listDelayed(10);
      return listed.length === 2 && listed;
    });
    expect(delayed.map(({ conversationId }) => conversationId).sort()).toEqual(ids);
    for (const { until } of delayed) expect(until).toBeGreaterThan(Date.now() + 3_600_000);
    expect(first.pausedUntil()).toBeGreaterThan(Date.now() + 3_600_000);
    expect([await queue.wake('asleep-1'), await queue.wake('nobody')]).toEqual([true, false]);
    await waitUntil(async () => (await queue.listDelayed(10)).length === 2, {
      what: 'it sleeps again, the pause is still there',
    });
    await first.close();
    simulator.clearFaults();
    const second = start();
    const tierOf = (id: string) => simulator.conversation(id)?.participants[0]?.attributes.tier;
    await waitUntil(() => ids.every((id) => tierOf(id) === 'gold'), { what: 'both attributes' });
    expect(second.pausedUntil()).toBeNull();
    await second.close();
  });
});
