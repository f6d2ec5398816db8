import { once } from 'node:events';
import { describe, expect, inject, it } from 'vitest';
import { removeKeys, uniquePrefix } from '../../../harness/unique-prefix.ts';
import { waitUntil } from '../../../harness/wait-until.ts';
import { startSimulator } from '../../../simulator/start-simulator.ts';
import { ACTIONS } from '../../../src/actions/registry.ts';
import type { GenesysConfig } from '../../../src/config/config.ts';
import { createInbox } from '../../../src/inbox/redis-inbox.ts';
import { createDeliveryStore } from '../../../src/intake/delivery-store.ts';
import { createConversationQueue } from '../../../src/queue/conversation-queue.ts';
import { createDeadLetters } from '../../../src/queue/dead-letters.ts';
import { createRedisConnection } from '../../../src/redis/connection.ts';
import { NO_STORIES } from '../../../src/story/story-recorder.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { startWorker } from '../../../src/worker/start-worker.ts';
import { parseRules } from '../../read-rules.ts';
import { entryFor, workerConfig } from './with-worker.ts';

const RULE = (name: string) => `
  - name: ${name}
    when: { topic: "**" }
    target: { purpose: customer }
    actions: [{ setAttributes: { last: "\${event.id}", ${name}: "\${event.id}" } }]`;
const logger = createLogger('silent');
const timing = { giveBackPauseMs: { least: 20, most: 50 }, readBackDelaysMs: [5, 20, 50] };

function rulesOf(...names: readonly string[]) {
  const loaded = parseRules(`rules:${names.map(RULE).join('')}`, 'rules.yaml', logger);
  if (!loaded.ok) throw new Error(loaded.faults.join('\n'));
  return loaded.ruleSet;
}

interface Fleet {
  readonly simulator: Awaited<ReturnType<typeof startSimulator>>;
  /** A process with these rules; `rules` can be replaced, as a reload does. Returns what ends it. */
  start(rules: { names: readonly string[]; onFile?: readonly string[] }): () => Promise<void>;
  receive(...entries: readonly ReturnType<typeof entryFor>[]): Promise<unknown>;
  readonly inbox: ReturnType<typeof createInbox>;
  readonly deadLetters: ReturnType<typeof createDeadLetters>;
  idle(): Promise<unknown>;
}

async function withFleet(graceSeconds: number, work: (fleet: Fleet) => Promise<void>): Promise<void> {
  const [redisUrl, prefix] = [inject('redisUrl'), uniquePrefix()];
  const simulator = await startSimulator({ writeVisibilityMs: 0 });
  const config = workerConfig(redisUrl, prefix, simulator, { ruleUnknownGraceSeconds: graceSeconds });
  const redis = createRedisConnection(config.redis, 'worker', logger);
  await once(redis, 'ready');
  const inbox = createInbox({ redis, prefix, dedupSeconds: 60 });
  const queue = createConversationQueue({ connection: redis, prefix, logger });
  const deadLetters = createDeadLetters({ connection: redis, prefix, logger });
  const store = createDeliveryStore({ inbox, queue });
  const ends: (() => Promise<void>)[] = [];
  const start: Fleet['start'] = ({ names, onFile = names }) => {
    let ruleSet = rulesOf(...names);
    const reloadRules = () => {
      ruleSet = rulesOf(...onFile);
    };
    const connection = createRedisConnection(config.redis, 'worker', logger);
    const genesys = config.genesys as GenesysConfig;
    const role = startWorker({
      story: NO_STORIES,
      takeSnapshot: async () => {},
      config,
      genesys,
      redis: connection,
      ruleSet: () => ruleSet,
      reloadRules,
      kinds: ACTIONS,
      logger,
      timing,
    });
    let ended: Promise<void> | null = null;
    const end = () => {
      ended ??= role.close().then(() => connection.disconnect());
      return ended;
    };
    ends.push(end);
    return end;
  };
  const idle = () =>
    waitUntil(async () => (await inbox.readStats()).pendingConversations === 0, {
      what: 'all inboxes to be empty',
      timeoutMs: 15_000,
    });
  try {
    await work({ simulator, start, receive: (...entries) => store.accept(entries), inbox, deadLetters, idle });
  } finally {
    await Promise.all(ends.map((end) => end()));
    await Promise.all([queue.close(), deadLetters.close()]);
    redis.disconnect();
    await simulator.stop();
    await removeKeys(redisUrl, prefix);
  }
}

const CUSTOMER = { id: 'p-customer', purpose: 'customer' };

describe('an event of a rule that a worker does not know', () => {
  it('begins to wait together with those before it, so that a removed rule holds a conversation up for one grace', async () => {
    await withFleet(3, async ({ simulator, start, receive, inbox, deadLetters, idle }) => {
      const conversationId = simulator.createConversation({ participants: [CUSTOMER] }).id;
      const gone = Array.from({ length: 5 }, () => entryFor({ conversationId }, ['gone']));
      const known = entryFor({ conversationId }, ['a']);
      await receive(...gone, known);
      start({ names: ['a'] });
      await waitUntil(async () => {
        const items = await inbox.read(conversationId, 10);
        return items.filter(({ entry }) => entry?.unknownSince !== undefined).length === gone.length;
      });
      await idle();
      expect(await deadLetters.count()).toBe(gone.length);
      expect(simulator.conversation(conversationId)?.participants[0]?.attributes.a).toBe(known.id);
    });
  });

  it('is done by those that know it while rules are rolled out and taken back in any order, and in its turn', async () => {
    await withFleet(60, async ({ simulator, start, receive, deadLetters, idle }) => {
      const conversations = Array.from({ length: 12 }, () => simulator.createConversation({ participants: [CUSTOMER] }).id);
      const ends = [start({ names: ['a'] }), start({ names: ['b', 'c'] }), start({ names: ['c'] })];
      const sent = ['a', 'b', 'c', 'a', 'c', 'b'].map((rule) =>
        conversations.map((conversationId) => entryFor({ conversationId }, [rule])),
      );
      for (const round of sent.slice(0, 3)) await receive(...round);
      start({ names: ['a', 'b', 'c'] });
      await ends[0]?.();
      for (const round of sent.slice(3)) await receive(...round);
      await idle();
      expect(await deadLetters.count()).toBe(0);
      const expected = (index: number) => ({
        a: sent[3]?.[index]?.id,
        b: sent[5]?.[index]?.id,
        c: sent[4]?.[index]?.id,
        last: sent[5]?.[index]?.id,
      });
      conversations.forEach((id, index) => {
        expect(simulator.conversation(id)?.participants[0]?.attributes).toEqual(expected(index));
      });
    });
  });

  it('is done after the file was read again, without a signal', async () => {
    await withFleet(60, async ({ simulator, start, receive, idle }) => {
      const { id } = simulator.createConversation({ participants: [CUSTOMER] });
      start({ names: ['a'], onFile: ['a', 'b'] });
      const entry = entryFor({ conversationId: id }, ['b']);
      await receive(entry);
      await idle();
      expect(simulator.conversation(id)?.participants[0]?.attributes).toMatchObject({ b: entry.id });
    });
  });

  it('waits, and holds up what is behind it but not what is before it', async () => {
    await withFleet(60, async ({ simulator, start, receive, inbox }) => {
      const { id } = simulator.createConversation({ participants: [CUSTOMER] });
      const entries = ['a', 'b', 'a'].map((rule) => entryFor({ conversationId: id }, [rule]));
      await receive(...entries);
      start({ names: ['a'] });
      await waitUntil(async () => (await inbox.read(id, 10)).length === 2, { what: 'the first event to be done' });
      await waitUntil(async () => (await inbox.read(id, 1))[0]?.entry?.unknownSince !== undefined, {
        what: 'the second to wait',
      });
      expect(simulator.conversation(id)?.participants[0]?.attributes).toEqual({ a: entries[0]?.id, last: entries[0]?.id });
      expect((await inbox.read(id, 1))[0]?.entry).toMatchObject({ id: entries[1]?.id, attempts: 0, outcomes: {} });
    });
  });

  it('is a dead letter when no worker knew it in time, and is done when it is retried with a worker that does', async () => {
    await withFleet(0, async ({ simulator, start, receive, deadLetters, idle }) => {
      const { id } = simulator.createConversation({ participants: [CUSTOMER] });
      const end = start({ names: ['a'] });
      const entry = entryFor({ conversationId: id }, ['gone', 'a']);
      await receive(entry);
      await waitUntil(async () => (await deadLetters.count()) === 1, { what: 'the dead letter' });
      const [dead] = await deadLetters.list(0, 10);
      expect(dead?.letter.outcome).toMatchObject({ reason: 'rule-unknown', rule: 'gone', action: null });
      expect(simulator.conversation(id)?.participants[0]?.attributes).toMatchObject({ a: entry.id });
      await end();
      await deadLetters.retry(dead?.id ?? '');
      start({ names: ['a', 'gone'] });
      await waitUntil(() => simulator.conversation(id)?.participants[0]?.attributes.gone === entry.id, { what: 'the retry' });
      await idle();
      expect(await deadLetters.count()).toBe(0);
    });
  });
});
