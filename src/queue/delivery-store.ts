import type { InboxEntry } from '../domain/inbox-entry.ts';
import type { Appended, Inbox } from '../inbox/inbox.ts';
import type { ConversationQueue } from './conversation-queue.ts';

/** Where the receiver puts what it accepted. */
export interface DeliveryStore {
  /** When this resolves, the entries are in Redis and so are the jobs that will process them. Rejects when they may not be. */
  accept(entries: readonly InboxEntry[]): Promise<Appended[]>;
}

export interface DeliveryStoreOptions {
  readonly inbox: Pick<Inbox, 'append'>;
  readonly queue: Pick<ConversationQueue, 'ensureJobs'>;
}

/**
 * First the entries, then the jobs. A process that dies in between leaves entries without a job: the sender, which saw
 * no answer, repeats the delivery, and the repetition is a duplicate that still makes sure of the job; otherwise the
 * sweeper does.
 */
export function createDeliveryStore({ inbox, queue }: DeliveryStoreOptions): DeliveryStore {
  return {
    accept: async (entries) => {
      const appended = await inbox.append(entries);
      const jobless = entries.filter((_, index) => appended[index]?.needsJob === true);
      if (jobless.length > 0) await queue.ensureJobs(jobless.map((entry) => entry.event.conversationId));
      return appended;
    },
  };
}
