import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRedisChild } from '../../../harness/redis.ts';
import type { RedisChild } from '../../../harness/redis-child.ts';
import type { CallStep } from '../../../simulator/call-step.ts';
import { QUEUES, WRAPUP_CODES } from '../../../simulator/queue-directory.ts';
import { createRandom } from '../../chaos/random.ts';
import { withRedisScope } from '../redis-scope.ts';
import { type SourceBed, withSource } from './with-source.ts';

const RULES = `
rules:
  - name: state
    when: { topic: v2.routing.queues.*.conversations }
    actions: [{ setAttributes: { seen: "yes" } }]
  - name: edges
    when: { topic: hookpatch.conversation.** }
    actions: [{ setAttributes: { seen: "yes" } }]
`;

const MINUTES = 24 * 60;
const CALL_EVERY_MINUTES = 4;
/** What happens to a call, minute by minute. */
const LIFE: readonly CallStep[] = [
  { step: 'enter-queue', queueId: QUEUES.support.id },
  { step: 'alert-agent', userId: 'agent-1' },
  { step: 'connect-agent' },
  { step: 'disconnect-agent' },
  { step: 'wrap-up', code: WRAPUP_CODES.resolved.id },
  { step: 'customer-hangs-up' },
  { step: 'end' },
];

/**
 * The minutes of the day at which something goes wrong. A channel that was replaced lives a whole life from then on, so the announced ends
 * are in the first hours, and the rest of the day has three renewals.
 */
function planDay() {
  const random = createRandom(7);
  const taken = new Set<number>([6 * 60, 12 * 60, 18 * 60]);
  const choose = (count: number, last: number) => {
    const minutes = new Set<number>();
    while (minutes.size < count) {
      const minute = random.between(10, last);
      if (!taken.has(minute)) minutes.add(minute);
      taken.add(minute);
    }
    return minutes;
  };
  return { announced: choose(10, 4 * 60), lost: choose(50, MINUTES - 10), killed: 12 * 60, paused: [6 * 60, 18 * 60] };
}

/** The calls of the day, each at the next step of its life with every minute. */
function createCalls({ simulator }: SourceBed) {
  const live = new Map<string, number>();
  const all: string[] = [];
  return {
    all,
    minute: async (minute: number) => {
      for (const [conversationId, done] of live) {
        const step = LIFE[done];
        if (step === undefined) live.delete(conversationId);
        else {
          await simulator.advance(conversationId, step);
          live.set(conversationId, done + 1);
        }
      }
      if (minute % CALL_EVERY_MINUTES !== 0) return;
      const { conversationId } = await simulator.placeCall({ steps: [] });
      live.set(conversationId, 0);
      all.push(conversationId);
    },
  };
}

/** Everything that was sent has been read and handed over, and there is a socket again. */
async function settle({ source, clock, simulator }: SourceBed): Promise<void> {
  for (let looks = 0; source.connectedChannels() === 0 || source.topics() === 0; looks += 1) {
    if (looks > 20_000) throw new Error('no socket');
    await clock.advance(50);
    await delay(1);
  }
  await simulator.notificationsRead();
  await source.idle();
}

describe('a day of notifications', () => {
  let redis: RedisChild;
  beforeAll(async () => {
    redis = await startRedisChild();
  });
  afterAll(() => redis.stop());

  test('misses no conversation for rules on state and tells no edge twice, whatever is lost, closed, renewed, killed and paused', async () => {
    const day = planDay();
    const simulator = { notifications: { lifetimeMs: 6 * 60 * 60_000 } };
    await withRedisScope(redis.url, (scope) =>
      withSource(scope, { rules: RULES, simulator }, async (bed) => {
        const calls = createCalls(bed);
        await bed.connected();
        for (let minute = 0; minute < MINUTES; minute += 1) {
          if (day.lost.has(minute)) bed.simulator.dropSockets();
          if (day.announced.has(minute)) bed.simulator.announceSocketClosing();
          if (day.killed === minute) {
            bed.source.stop();
            await calls.minute(minute);
            // As long as its lease lasts nobody takes its place.
            await bed.clock.advance(8_000);
            bed.restart();
          } else if (day.paused.includes(minute)) {
            redis.pause();
            await calls.minute(minute);
            await bed.clock.advance(30_000);
            redis.resume();
          } else {
            await calls.minute(minute);
          }
          bed.simulator.sendHeartbeats();
          await bed.simulator.notificationsRead();
          await bed.clock.advance(60_000);
          await settle(bed);
        }
        await bed.source.idle();

        expect(calls.all).toHaveLength(MINUTES / CALL_EVERY_MINUTES);
        const twice: string[] = [];
        const missed: string[] = [];
        const agentsMissed: string[] = [];
        for (const conversationId of calls.all.slice(0, -2)) {
          const entries = await bed.entries(conversationId);
          const edges = entries.map(({ id }) => id).filter((id) => id.startsWith('edge/'));
          if (new Set(edges).size < edges.length) twice.push(conversationId);
          if (!entries.some(({ work }) => work.kind === 'rules' && work.rules.includes('state'))) missed.push(conversationId);
          if (!edges.some((id) => id.includes('agent.connected'))) agentsMissed.push(conversationId);
        }
        expect({ twice, missed, agentsMissed }).toEqual({ twice: [], missed: [], agentsMissed: [] });

        const repairs = bed.callCount('query-conversations') + bed.callCount('get-conversation');
        expect(repairs).toBeGreaterThanOrEqual(50);
        expect(bed.callCount() - repairs).toBeLessThan(200);
        // The first one, 3 renewals of what lives 6 h, 10 announced ends, and the new owner's.
        expect(bed.callCount('create-channel')).toBe(1 + 3 + 10 + 1);
      }),
    );
  }, 180_000);
});
