import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { CHECKOUT } from '../../harness/checkout.ts';
import type { LogLine } from '../../harness/log-collector.ts';
import { startRedisChild } from '../../harness/redis.ts';
import { sendDelivery } from '../../harness/send-delivery.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { withService } from './with-service.ts';

/** As many settings as somebody has who has an OAuth client and a Redis, and nothing else; an empty one counts as not set. */
const NO_WEBHOOK = {
  WEBHOOK_SECRETS: '',
  GENESYS_RATE_PER_MINUTE: '',
  GENESYS_REGION: 'us-east-1',
  GENESYS_NOTIFICATIONS: 'queues',
};

/** The state of a conversation, and what happened in it. */
const STATE_AND_EDGE = `
rules:
  - name: state
    when: { topic: "v2.routing.queues.*.conversations" }
    target: { purpose: customer }
    actions: [{ setAttributes: { seen: "yes" } }]
  - name: answered
    when: { topic: hookpatch.conversation.*.agent.connected }
    target: { purpose: customer }
    actions: [{ setAttributes: { answeredBy: "\${event.userId}" } }]
`;

const LONGER_THAN_THE_LEASE_MS = 7_000;

const isOwner = ({ msg }: LogLine) => msg === 'this process is the source of notifications';

const isEdge = (eventId: string) => eventId.startsWith('edge/');

const timeOf = (line: LogLine | undefined) => new Date(String(line?.time)).getTime();

/** When it became the owner (epoch milliseconds); 0 if it never did. */
function ownedSince(source: ServiceProcess | undefined): number {
  return timeOf(source?.logs.findLast(isOwner)) || 0;
}

describe('events with nothing but an OAuth client', () => {
  test('npm start writes the first attribute of the example rules, and takes no deliveries', async () => {
    const rules = await readFile(join(CHECKOUT, 'rules.example.yaml'), 'utf8');
    await withService({ rules }, async ({ simulator, start }) => {
      const service = await start({ env: NO_WEBHOOK, viaNpm: true });
      await service.waitForLog(({ msg }) => msg === 'notification channel');
      await waitUntil(() => simulator.notificationChannels().some(({ connected }) => connected));
      const { conversationId } = await simulator.placeCall({ kind: 'in-progress' });
      await waitUntil(() => simulator.conversation(conversationId)?.participants[0]?.attributes.customerTier === 'platinum');
      const refused = await sendDelivery(`${service.url}/webhooks/genesys`, '{}', { secret: 'a-secret-of-sixteen-bytes' });
      expect(refused.status).toBe(404);
    });
  });

  test('no conversation is missed and no edge comes twice, though sockets are lost, Redis stands still and the owner is killed', async () => {
    const redis = await startRedisChild();
    try {
      await withService({ rules: STATE_AND_EDGE, redisUrl: redis.url }, async ({ simulator, start }) => {
        const env = { ...NO_WEBHOOK, ROLE: 'source' };
        const worker = start({ env: { ROLE: 'worker' } });
        const sources = await Promise.all([start({ env }), start({ env })]);
        const calls: string[] = [];
        const place = async () => {
          for (let call = 0; call < 3; call += 1) {
            calls.push((await simulator.placeCall({ kind: 'in-progress', userId: `agent-${calls.length}` })).conversationId);
          }
        };
        const isDone = (id: string) => {
          const [customer] = simulator.conversation(id)?.participants ?? [];
          return customer?.attributes.seen === 'yes' && customer.attributes.answeredBy === `agent-${calls.indexOf(id)}`;
        };
        const allDone = (what: string) => waitUntil(() => calls.every(isDone), { what, timeoutMs: 20_000 });
        await waitUntil(() => simulator.notificationChannels().some(({ connected }) => connected));
        await place();
        await allDone('calls over the first channel');
        simulator.dropSockets();
        await place();
        await allDone('calls of the time without a socket');

        redis.pause();
        await place();
        await delay(LONGER_THAN_THE_LEASE_MS);
        redis.resume();
        await allDone('calls of the time without Redis');

        const owner = sources.toSorted((one, other) => ownedSince(other) - ownedSince(one))[0];
        const survivor = sources.find((source) => source !== owner);
        expect(ownedSince(owner)).toBeGreaterThan(0);
        const killedAt = Date.now();
        await owner?.kill();
        await place();
        await survivor?.waitForLog((line) => isOwner(line) && timeOf(line) >= killedAt, 15_000);
        await allDone('calls of the time without an owner');
        // The log line follows the write.
        const { logs } = await worker;
        const edges = () => logs.map(({ msg, eventId }) => (msg === 'event processed' ? String(eventId) : '')).filter(isEdge);
        await waitUntil(() => edges().length >= calls.length, { what: 'the log lines of the edges' });
        expect([new Set(edges()).size, edges().length]).toEqual([calls.length, calls.length]);
      });
    } finally {
      await redis.stop();
    }
  });
});
