import type { PlatformClient } from '../genesys/client.ts';
import type { UrgentConversations } from '../queue/urgent-conversations.ts';
import type { RunnableWorker } from '../queue/worker-lifecycle.ts';

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
  let looking = false;

  const runOneMore = async () => {
    extra += 1;
    await worker.runOneMore();
    extra -= 1;
  };
  const look = async () => {
    if (worker.isBusy()) {
      for (let taken = await urgent.takeWaiting(MOST_EXTRA - extra); taken > 0; taken -= 1) void runOneMore();
    }
    for (const conversationId of await urgent.listActive()) if (active.has(conversationId)) genesys.hasten(conversationId);
  };

  const timer = setInterval(() => {
    if (looking || active.size === 0 || (!worker.isBusy() && genesys.rateBudget('read') > 0)) return;
    looking = true;
    // Only hints are lost when Redis does not respond.
    void look()
      .catch(() => undefined)
      .finally(() => {
        looking = false;
      });
  }, LOOK_EVERY_MS).unref();
  return () => clearInterval(timer);
}
