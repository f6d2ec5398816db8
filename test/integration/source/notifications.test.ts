import { describe, expect } from 'vitest';
import { waitUntil } from '../../../harness/wait-until.ts';
import { QUEUES } from '../../../simulator/queue-directory.ts';
import type { Intake } from '../../../src/intake/intake.ts';
import { StoreUnavailableError } from '../../../src/intake/within-deadline.ts';
import { test } from '../redis-scope.ts';
import { withSource } from './with-source.ts';

const SUPPORT = `v2.routing.queues.${QUEUES.support.id}.conversations`;

describe('the source of notifications', () => {
  test('listens to every queue, and puts each change of a conversation into its inbox, in order', async ({ scope }) => {
    await withSource(scope, {}, async ({ simulator, connected, source, entries }) => {
      await connected();
      expect(source.topics()).toBe(3);
      const { conversationId } = await simulator.placeCall({ kind: 'in-progress', userId: 'agent-1' });
      await waitUntil(async () => statesOf(await entries(conversationId)).at(-1) === 'connected');
      const [first] = await entries(conversationId);
      expect(first?.event).toMatchObject({
        topic: 'v2.routing.queues.{id}.conversations',
        queueId: QUEUES.support.id,
        conversationId,
      });
      expect(statesOf(await entries(conversationId))).toEqual([null, 'alerting', 'connected']);
    });
  });

  test('takes the same message over two channels for one event', async ({ scope }) => {
    await withSource(scope, {}, async ({ simulator, connected, startAnother, entries }) => {
      await connected();
      const other = startAnother();
      await waitUntil(() => other.connectedChannels() === 1);
      const { conversationId } = await simulator.placeCall({ kind: 'waiting' });
      await waitUntil(() => simulator.notificationsPublished() === 2);
      await waitUntil(async () => (await entries(conversationId)).length > 0);
      await other.idle();
      expect(await entries(conversationId)).toHaveLength(1);
    });
  });

  test('moves to another channel when the end of its socket is announced, and misses nothing', async ({ scope }) => {
    await withSource(scope, {}, async ({ simulator, connected, entries, callCount }) => {
      await connected();
      simulator.announceSocketClosing();
      await waitUntil(() => callCount('create-channel') === 2);
      const { conversationId } = await simulator.placeCall({ kind: 'in-progress', userId: 'agent-1' });
      await waitUntil(async () => statesOf(await entries(conversationId)).at(-1) === 'connected');
      await connected();
      expect(statesOf(await entries(conversationId))).toEqual([null, 'alerting', 'connected']);
      expect(callCount('get-conversation')).toBe(0);
    });
  });

  test('finds a new queue within ten minutes, and changes the subscription of one channel', async ({ scope }) => {
    await withSource(scope, {}, async ({ simulator, connected, source, clock, entries, callCount }) => {
      await connected();
      simulator.addQueue({ id: 'vip', name: 'VIP', wrapupCodes: [] });
      await clock.advance(10 * 60_000);
      await waitUntil(() => source.topics() === 4 && callCount('put-subscriptions') === 2);
      await source.idle();
      const { conversationId } = await simulator.placeCall({ kind: 'waiting', queueId: 'vip' });
      await waitUntil(async () => (await entries(conversationId)).length === 1);
      expect(callCount('create-channel')).toBe(1);
    });
  });

  test('names queues that are not there, and the permission that a refused topic lacks', async ({ scope }) => {
    const wanted = { kind: 'list', topics: ['v2.users.agent-1.conversations'], queueNames: ['support', 'Suport'] } as const;
    const permissions = ['routing:queue:view', 'analytics:conversationDetail:view'];
    await withSource(scope, { wanted, simulator: { permissions } }, async ({ simulator, connected, logged, entries }) => {
      await connected();
      expect(await logged(({ queues }) => queues !== undefined)).toMatchObject({ queues: ['Suport'] });
      expect(await logged(({ missingPermissions }) => missingPermissions !== undefined)).toMatchObject({
        topic: 'v2.users.agent-1.conversations',
        missingPermissions: ['conversation:communication:view'],
      });
      const { conversationId } = await simulator.placeCall({ kind: 'waiting' });
      await waitUntil(async () => (await entries(conversationId)).length === 1);
    });
  });

  test('connects to the same channel again when the socket is lost, and looks for what it missed', async ({ scope }) => {
    await withSource(scope, {}, async ({ simulator, connected, entries, logged, callCount }) => {
      await connected();
      simulator.dropSockets();
      const missed = await simulator.placeCall({ kind: 'in-progress', userId: 'agent-1' });
      const over = await simulator.placeCall({ kind: 'answered' });
      await logged(({ reason }) => reason === 'lost');
      await connected();
      expect(statesOf(await entries(missed.conversationId))).toEqual(['connected']);
      expect(await entries(over.conversationId)).toEqual([]);
      expect(callCount('create-channel')).toBe(1);
      expect(callCount('get-conversation')).toBe(1);
    });
  });

  test('gives up a socket that says nothing for 65 s', async ({ scope }) => {
    await withSource(scope, {}, async ({ simulator, connected, clock, logged, entries }) => {
      await connected();
      await clock.advance(40_000);
      simulator.sendHeartbeats();
      await simulator.notificationsRead();
      simulator.silenceSockets();
      const { conversationId } = await simulator.placeCall({ kind: 'waiting' });
      await clock.advance(65_000);
      await logged(({ reason }) => reason === 'silent');
      await connected();
      await waitUntil(async () => (await entries(conversationId)).length === 1);
    });
  });

  test('renews a channel before its day is over, and waits out a 429', async ({ scope }) => {
    await withSource(scope, {}, async ({ simulator, connected, clock, callCount, entries }) => {
      await connected();
      simulator.addFault({ call: 'create-channel', status: 429, retryAfterSeconds: 1 });
      for (let minutes = 0; minutes < 24 * 60 - 29; minutes += 1) {
        simulator.sendHeartbeats();
        await simulator.notificationsRead();
        await clock.advance(60_000);
      }
      // A socket without a heartbeat is dead after 65 s of this clock.
      await waitUntil(async () => {
        simulator.sendHeartbeats();
        await simulator.notificationsRead();
        await clock.advance(1_000);
        return callCount('create-channel') === 3;
      });
      await connected();
      const { conversationId } = await simulator.placeCall({ kind: 'waiting' });
      await waitUntil(async () => (await entries(conversationId)).length === 1);
    });
  });

  test('spreads 20,000 topics over 20 channels, and refuses the 20,001st with a sentence', async ({ scope }) => {
    const queues = Array.from({ length: 20_001 }, (_, index) => ({ id: `q-${index}`, name: `Queue ${index}`, wrapupCodes: [] }));
    await withSource(scope, { simulator: { queues } }, async ({ simulator, connected, source, logged, entries }) => {
      await connected(20);
      expect(source.topics()).toBe(20_000);
      expect(simulator.notificationChannels().map(({ topics }) => topics.size)).toEqual(Array.from({ length: 20 }, () => 1_000));
      const { msg } = await logged((line) => line.topics === 1 && line.level === 'error');
      expect(msg).toMatch(
        /^20001 topics are wanted and one OAuth client can have 20000: the others are left out; name the queues/,
      );
      const { conversationId } = await simulator.placeCall({ kind: 'waiting', queueId: 'q-19999' });
      await waitUntil(async () => (await entries(conversationId)).length === 1);
    });
  });

  test('keeps what comes while the store is away, in order, and hands it over when it is back', async ({ scope }) => {
    const store = switchable();
    await withSource(scope, { intake: store.wrap }, async ({ simulator, connected, entries, source, clock }) => {
      await connected();
      store.away = true;
      const { conversationId } = await simulator.placeCall({ kind: 'in-progress', userId: 'agent-1' });
      await waitUntil(() => store.refused > 0);
      expect(await entries(conversationId)).toEqual([]);
      store.away = false;
      await clock.advance(60_000);
      await waitUntil(async () => statesOf(await entries(conversationId)).at(-1) === 'connected');
      expect(statesOf(await entries(conversationId))).toEqual([null, 'alerting', 'connected']);
      expect(source.connectedChannels()).toBe(1);
    });
  });

  test('closes the channels when more waits than may, and repairs the gap afterwards', async ({ scope }) => {
    const store = switchable();
    await withSource(scope, { intake: store.wrap, maxWaitingBytes: 20_000 }, async (bed) => {
      const { simulator, connected, entries, restart, logged } = bed;
      await connected();
      store.away = true;
      const calls = [];
      for (let call = 0; call < 10; call += 1) calls.push(await simulator.placeCall({ kind: 'in-progress' }));
      await bed.source.ended;
      await logged(({ msg }) => msg.includes('no longer fit into memory'));
      await waitUntil(() => simulator.notificationChannels().every((channel) => !channel.connected));
      store.away = false;
      restart();
      await connected();
      for (const { conversationId } of calls) expect(statesOf(await entries(conversationId)).at(-1)).toBe('connected');
    });
  });

  test('writes nothing any more once another process has taken its place, and closes its channels', async ({ scope }) => {
    await withSource(scope, {}, async ({ simulator, connected, entries, source, takeOver }) => {
      await connected();
      const before = await simulator.placeCall({ kind: 'waiting' });
      await waitUntil(async () => (await entries(before.conversationId)).length === 1);
      await takeOver();
      const { conversationId } = await simulator.placeCall({ kind: 'waiting' });
      await source.ended;
      await waitUntil(() => simulator.notificationChannels().every((channel) => !channel.connected));
      expect(await entries(conversationId)).toEqual([]);
    });
  });

  test('says what is missing when the queues may not be seen', async ({ scope }) => {
    await withSource(scope, { simulator: { permissions: [] } }, async ({ logged }) => {
      const line = await logged(({ msg }) => msg.startsWith('the queues could not be listed'));
      expect(JSON.stringify(line)).toContain('routing:queue:view');
    });
  });

  test('subscribes to topics as they are written', async ({ scope }) => {
    const wanted = { kind: 'list', topics: [SUPPORT], queueNames: [] } as const;
    await withSource(scope, { wanted }, async ({ connected, callCount, simulator }) => {
      await connected();
      expect(callCount('list-queues')).toBe(0);
      expect(simulator.notificationChannels().map(({ topics }) => [...topics])).toEqual([[SUPPORT]]);
    });
  });
});

/** The state of the agent in each entry's snapshot; `null` before there is one. */
function statesOf(
  entries: readonly { readonly event: { readonly body: Readonly<Record<string, unknown>> } }[],
): (string | null)[] {
  return entries.map(({ event }) => {
    const participants = event.body.participants as { purpose: string; calls?: { state: string }[] }[];
    return participants.find(({ purpose }) => purpose === 'agent')?.calls?.at(-1)?.state ?? null;
  });
}

/** A store that can be away. */
function switchable() {
  const store = {
    away: false,
    refused: 0,
    wrap: (real: Intake): Pick<Intake, 'acceptEvents'> => ({
      acceptEvents: async (events, receivedAt) => {
        if (!store.away) return real.acceptEvents(events, receivedAt);
        store.refused += 1;
        throw new StoreUnavailableError(new Error('away'));
      },
    }),
  };
  return store;
}
