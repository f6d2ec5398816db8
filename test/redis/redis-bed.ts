import pino from 'pino';
import { onTestFinished } from 'vitest';
import type { LogLine } from '../../harness/log-collector.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import type { Config } from '../../src/config/config.ts';
import { createInbox } from '../../src/inbox/redis-inbox.ts';
import { createDeliveryStore } from '../../src/intake/delivery-store.ts';
import { createConversationQueue } from '../../src/queue/conversation-queue.ts';
import { createConversationWorker, type ProcessContext, type Processed } from '../../src/queue/conversation-worker.ts';
import { type ConnectionPurpose, createRedisConnection } from '../../src/redis/connection.ts';
import { outagesOf } from '../../src/redis/outages.ts';
import { createProbe } from '../../src/redis/probe.ts';
import { sampleEntry } from '../sample-entry.ts';
import { prefix } from './set-up.ts';

type Process = (conversationId: string, context: ProcessContext) => Promise<Processed>;

/** The two sides of the service on one set-up of Redis, without HTTP and without Genesys. */
export async function openBed(settings: Omit<Config['redis'], 'prefix'>) {
  const redis = { ...settings, prefix };
  const lines: LogLine[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const connect = async (purpose: ConnectionPurpose) => {
    const connection = createRedisConnection(redis, purpose, logger);
    onTestFinished(() => connection.disconnect());
    await waitUntil(() => connection.status === 'ready', { what: `the connection ${purpose}` });
    return connection;
  };
  const producer = await connect('producer');
  const canStore = createProbe(producer, prefix);
  outagesOf(logger).checkWith(canStore);
  const inbox = createInbox({ redis: producer, prefix, dedupSeconds: 60 });
  const queue = createConversationQueue({ connection: producer, prefix, logger });
  const store = createDeliveryStore({ inbox, queue });
  const seen: string[] = [];

  /** Reads and acknowledges until the inbox is empty. */
  const drain: Process = async (conversationId) => {
    for (;;) {
      const items = await workInbox.read(conversationId, 10);
      if (items.length === 0) return { retryAt: null };
      const { settled } = await workInbox.settle(conversationId, { remove: items, replace: [] });
      if (settled) seen.push(...items.flatMap(({ entry }) => entry?.id ?? []));
    }
  };
  const work = await connect('worker');
  const workInbox = createInbox({ redis: work, prefix, dedupSeconds: 60 });

  return {
    inbox,
    canStore,
    lines,
    seen,
    connect,
    drain,
    /** Puts other credentials into the configuration, as a reload does. */
    use: ({ urls }: Pick<Config['redis'], 'urls'>) => void Object.assign(redis, { urls }),
    startWorker: async (process: Process = drain, concurrency = 10) => {
      const connection = await connect('worker');
      const timing = { lockDurationMs: 3_000, stalledIntervalMs: 1_000 };
      const worker = createConversationWorker({ connection, prefix, concurrency, process, logger, ...timing });
      onTestFinished(() => worker.close(100));
      await worker.ready();
      return worker;
    },
    /** As a sender does: again and again until it is accepted. */
    deliver: (id: string, conversationId = id) =>
      waitUntil(() => store.accept([sampleEntry(conversationId, id)]).then(() => true), {
        what: `${id} accepted`,
        timeoutMs: 30_000,
      }),
    untilSeen: (...ids: readonly string[]) =>
      waitUntil(() => ids.every((id) => seen.includes(id)), { what: `${ids.join(', ')} processed`, timeoutMs: 60_000 }),
    untilLogged: (message: string) =>
      waitUntil(() => lines.some(({ msg }) => msg === message), { what: message, timeoutMs: 30_000 }),
  };
}
