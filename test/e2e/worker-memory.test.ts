import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { waitUntil } from '../../harness/wait-until.ts';
import { createInbox } from '../../src/inbox/redis-inbox.ts';
import { createDeliveryStore } from '../../src/intake/delivery-store.ts';
import { createConversationQueue } from '../../src/queue/conversation-queue.ts';
import { createRedisConnection } from '../../src/redis/connection.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { sampleEntry } from '../sample-entry.ts';
import { type ServiceBed, withService } from './with-service.ts';

const RULES = `
rules:
  - name: tag
    when: { topic: "**" }
    target: { purpose: customer }
    actions: [{ setAttributes: { last: "\${event.id}" } }]
`;
/** What Node takes for old objects in a container of half a gigabyte is twice this. */
const HEAP_MB = 128;

/** Entries that are stored with one command. */
const TOGETHER = 20;

function waiting(conversationId: string, id: string, text: string) {
  const occurredAt = new Date().toISOString();
  const { event } = sampleEntry(conversationId, id);
  const work = { kind: 'rules', rules: ['tag'] } as const;
  return sampleEntry(conversationId, id, { event: { ...event, occurredAt, body: { text } }, work, receivedAt: Date.now() });
}

/** Events of `size` bytes that wait while no worker runs. */
async function withBacklog(bed: ServiceBed, conversations: number, events: number, size: number, drain: () => Promise<unknown>) {
  const logger = createLogger('silent');
  const redis = createRedisConnection({ urls: [bed.redisUrl], prefix: bed.prefix }, 'worker', logger);
  await once(redis, 'ready');
  const inbox = createInbox({ redis, prefix: bed.prefix, dedupSeconds: 60 });
  const queue = createConversationQueue({ connection: redis, prefix: bed.prefix, logger });
  const store = createDeliveryStore({ inbox, queue });
  const text = 'x'.repeat(size);
  const ids = Array.from(
    { length: conversations },
    () => bed.simulator.createConversation({ participants: [{ id: 'p', purpose: 'customer' }] }).id,
  );
  try {
    const entries = ids.flatMap((id) => Array.from({ length: events }, (_, index) => waiting(id, `${id}-${index}`, text)));
    for (let sent = 0; sent < entries.length; sent += TOGETHER) await store.accept(entries.slice(sent, sent + TOGETHER));
    await drain();
    await waitUntil(async () => (await inbox.readStats()).pendingConversations === 0, {
      what: 'the backlog to be done',
      timeoutMs: 45_000,
    });
    for (const id of ids) expect(bed.simulator.conversation(id)?.participants[0]?.attributes.last).toBe(`${id}-${events - 1}`);
  } finally {
    await queue.close();
    redis.disconnect();
  }
}

describe('a worker with little memory', () => {
  it.each([
    ['one conversation with 250 events of 250 kB', 1, 250, 250_000],
    ['50 conversations with 40 events of 20 kB', 50, 40, 20_000],
  ])('gets through %s without a restart', async (_name, conversations, events, size) => {
    await withService({ rules: RULES }, async (bed) => {
      await withBacklog(bed, conversations, events, size, () =>
        bed.start({ env: { ROLE: 'worker', NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` } }),
      );
    });
  });
});
