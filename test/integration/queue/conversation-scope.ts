import type { InboxEntry } from '../../../src/domain/inbox-entry.ts';
import { type AwaitedProofs, createAwaitedProofs } from '../../../src/inbox/awaited-proofs.ts';
import type { InboxItem } from '../../../src/inbox/inbox.ts';
import { createInbox, type RedisInbox } from '../../../src/inbox/redis-inbox.ts';
import { createDeliveryStore, type DeliveryStore } from '../../../src/intake/delivery-store.ts';
import { type ConversationQueue, createConversationQueue } from '../../../src/queue/conversation-queue.ts';
import { createConversationWorker, type ProcessContext, type Processed } from '../../../src/queue/conversation-worker.ts';
import { type RedisScope, silent } from '../redis-scope.ts';

/** The receiving side on a connection of its own. */
export interface Receiving {
  readonly inbox: RedisInbox;
  readonly queue: ConversationQueue;
  readonly proofs: AwaitedProofs;
  readonly store: DeliveryStore;
}

/** Entries whose id begins with `urgent` must not wait. */
export async function openReceiving(scope: RedisScope): Promise<Receiving> {
  const connection = await scope.connect('producer');
  const inbox = createInbox({ redis: connection, prefix: scope.prefix, dedupSeconds: 60 });
  const queue = createConversationQueue({ connection, prefix: scope.prefix, logger: silent });
  const isUrgent = ({ id }: InboxEntry) => id.startsWith('urgent');
  scope.defer(() => queue.close());
  const proofs = createAwaitedProofs({ redis: connection, prefix: scope.prefix });
  return { inbox, queue, proofs, store: createDeliveryStore({ inbox, queue, isUrgent }) };
}

type Process = (conversationId: string, context: ProcessContext) => Promise<Processed>;

/** A worker on connections of its own, with a short lock so that taking over is quick to test. */
export async function startWorker(scope: RedisScope, process: Process, concurrency = 10, logger = silent) {
  const options = { prefix: scope.prefix, concurrency, process, logger, lockDurationMs: 1_500, stalledIntervalMs: 500 };
  const worker = createConversationWorker({ ...options, connection: await scope.connect('worker') });
  scope.defer(() => worker.close(5_000));
  await worker.ready();
  return worker;
}

/** Reads and acknowledges until the inbox is empty; `see` is told every entry, in order. */
export function drain(inbox: RedisInbox, see: (id: string) => void): Process {
  return async (conversationId) => {
    for (;;) {
      const batch = await inbox.read(conversationId, 10);
      const { settled } = await inbox.settle(conversationId, { remove: batch, replace: [] });
      if (settled) for (const item of batch) see(idOf(item));
      if (batch.length === 0) return { retryAt: null };
    }
  };
}

export function idOf(item: InboxItem): string {
  if (item.entry === null) throw new Error('unreadable entry');
  return item.entry.id;
}

/** Resolves with everything that was seen, once `count` entries were. */
export function collect(count: number) {
  const seen: string[] = [];
  const { promise, resolve } = Promise.withResolvers<string[]>();
  const see = (id: string) => {
    seen.push(id);
    if (seen.length === count) resolve(seen);
  };
  return { see, all: promise };
}
