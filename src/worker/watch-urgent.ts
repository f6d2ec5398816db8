import type { PlatformClient } from '../genesys/client.ts';
import type { UrgentConversations } from '../queue/urgent-conversations.ts';
import type { RunnableWorker } from '../queue/worker-lifecycle.ts';
import { lookEvery } from './look-every.ts';

export interface WatchUrgentOptions {
  readonly urgent: UrgentConversations;
  readonly worker: Pick<RunnableWorker, 'isBusy' | 'runOneMore'>;
  readonly genesys: Pick<PlatformClient, 'hasten' | 'rateBudget'>;
  /** The conversations at work in this process. */
  readonly active: ReadonlySet<string>;
}

const LOOK_EVERY_MS = 100;
/** Conversations at work in addition to `WORKER_CONCURRENCY`. */
const MOST_EXTRA = 10;

/**
 * While every place of the worker is taken, or requests wait for their turn, a conversation that must not wait gets a place in
 * addition, and the fetch of one that is at work already goes before the others. Returns the function that ends this.
 */
export function watchUrgent({ urgent, worker, genesys, active }: WatchUrgentOptions): () => void {
  let extra = 0;

  const runOneMore = async () => {
    extra += 1;
    await worker.runOneMore();
    extra -= 1;
  };
  // What announces a conversation is a hint only: it may be lost when Redis does not respond.
  return lookEvery(LOOK_EVERY_MS, async () => {
    if (active.size === 0 || (!worker.isBusy() && genesys.rateBudget('read') > 0)) return;
    if (worker.isBusy()) {
      for (let taken = await urgent.takeWaiting(MOST_EXTRA - extra); taken > 0; taken -= 1) void runOneMore();
    }
    for (const conversationId of await urgent.listActive()) if (active.has(conversationId)) genesys.hasten(conversationId);
  });
}
