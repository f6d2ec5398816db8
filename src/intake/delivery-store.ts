import type { InboxEntry } from '../domain/inbox-entry.ts';
import type { Appended, Inbox } from '../inbox/inbox.ts';
import type { ConversationQueue } from '../queue/conversation-queue.ts';
import type { Fence } from '../redis/fence.ts';

/** The result of storing one entry. */
export type Stored = Pick<Appended, 'status'>;

/** The store of accepted entries. */
export interface DeliveryStore {
  /**
   * Resolves when every entry (of this call, or of an earlier one with the same id) is durable and its conversation has a job.
   * Results are in the order of `entries`. Rejects when that is not certain; then the sender has to try again.
   */
  accept(entries: readonly InboxEntry[], fence?: Fence | null): Promise<readonly Stored[]>;
}

export interface DeliveryStoreOptions {
  readonly inbox: Pick<Inbox, 'append'>;
  readonly queue: Pick<ConversationQueue, 'ensureJobs' | 'hasten'>;
  /** Whether it must be processed before the conversations that came earlier; by default no entry must. */
  isUrgent?(entry: InboxEntry): boolean;
}

/**
 * First the entries, then the jobs. A process that dies in between leaves entries without a job. The sender got no response and
 * repeats the delivery. The repetition is a duplicate and still makes sure of the job; without a repetition the sweeper does.
 */
export function createDeliveryStore({ inbox, queue, isUrgent = () => false }: DeliveryStoreOptions): DeliveryStore {
  return {
    accept: async (entries, fence = null) => {
      const appended = await inbox.append(entries, fence);
      const jobless = entries.filter((_, index) => appended[index]?.needsJob === true);
      if (jobless.length > 0) await queue.ensureJobs(jobless.map((entry) => entry.event.conversationId));
      const urgent = entries.filter((entry, index) => appended[index]?.status === 'accepted' && isUrgent(entry));
      // It is stored already and will be processed in its turn in any case.
      if (urgent.length > 0) await queue.hasten(urgent.map((entry) => entry.event.conversationId)).catch(() => undefined);
      return appended;
    },
  };
}
