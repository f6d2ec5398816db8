import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CHECKOUT } from '../../harness/checkout.ts';
import { sendDelivery } from '../../harness/send-delivery.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { withService } from './with-service.ts';

/** As many settings as somebody has who has an OAuth client and a Redis, and nothing else; an empty one counts as not set. */
const NO_WEBHOOK = {
  WEBHOOK_SECRETS: '',
  GENESYS_RATE_PER_MINUTE: '',
  GENESYS_REGION: 'us-east-1',
  GENESYS_NOTIFICATIONS: 'queues',
};

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

  test('another process takes the place of a source that was killed, within 15 s, and repairs the gap', async () => {
    const rules =
      'rules: [{ name: seen, when: { topic: "v2.routing.queues.*.conversations" }, target: { purpose: customer }, actions: [{ setAttributes: { seen: "yes" } }] }]';
    await withService({ rules }, async ({ simulator, start }) => {
      const env = { ...NO_WEBHOOK, ROLE: 'source' };
      const worker = start({ env: { ROLE: 'worker' } });
      const sources = await Promise.all([start({ env }), start({ env })]);
      await worker;
      const isOwner = ({ msg }: { msg?: unknown }) => msg === 'this process is the source of notifications';
      const [owner, other] = await waitUntil(() => {
        const index = sources.findIndex(({ logs }) => logs.some(isOwner));
        return index < 0 ? null : ([sources[index], sources[1 - index]] as const);
      });
      await waitUntil(() => simulator.notificationChannels().some(({ connected }) => connected));
      expect(other?.logs.some(isOwner)).toBe(false);
      await owner?.kill();
      const { conversationId } = await simulator.placeCall({ kind: 'in-progress' });
      await other?.waitForLog(isOwner, 15_000);
      await waitUntil(() => simulator.conversation(conversationId)?.participants[0]?.attributes.seen === 'yes');
      await other?.stop();
    });
  });
});
