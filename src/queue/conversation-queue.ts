import type { JobsOptions } from 'bullmq';
import { createGroupCommit } from '../inbox/group-commit.ts';
import { createKeys } from '../redis/keys.ts';
import { createQueueOpener, type QueueOpenerOptions } from './queue-opener.ts';
import { createUrgentConversations } from './urgent-conversations.ts';

/** The queue of conversations that have work in their inbox. */
export const CONVERSATIONS = 'conversations';

/** The content of a job; the work itself is in the conversation's inbox. */
export interface ConversationJob {
  readonly conversationId: string;
}

export interface DelayedConversation {
  readonly conversationId: string;
  /** Epoch milliseconds of the next try. */
  readonly until: number;
}

export interface ConversationQueue {
  /**
   * Makes sure that each conversation will be processed after this call: a job is added, or a job that waits or is delayed is
   * left as it is, or a job follows the active one.
   */
  ensureJobs(conversationIds: readonly string[]): Promise<void>;
  /**
   * Moves the waiting jobs of these conversations to the head of the queue, and announces the conversations to busy workers. A
   * delayed job stays as it is.
   */
  hasten(conversationIds: readonly string[]): Promise<void>;
  /** Conversations whose next try is delayed, soonest first. */
  listDelayed(limit: number): Promise<readonly DelayedConversation[]>;
  /** Schedules a delayed conversation for an immediate try. `false` when it is not delayed. */
  wake(conversationId: string): Promise<boolean>;
  /** The same for all of them; returns how many there were. */
  wakeAll(): Promise<number>;
  /** Returns those of `conversationIds` for which no job exists. */
  filterWithoutJob(conversationIds: readonly string[]): Promise<string[]>;
  /**
   * Removes the jobs of these conversations that no worker finds, because they are in none of the queue's lists: Redis evicted a
   * list, or somebody deleted it. A new job would be a duplicate of them. Searches the lists once for each conversation.
   */
  removeLost(conversationIds: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Keeps one pipeline in the order of tens of milliseconds. */
const MAX_ADD = 500;
/**
 * A pipeline copies every command that BullMQ defined on its client, and stays in memory until a full collection: about 50
 * microseconds and 20 kB. Up to this many jobs are added more cheaply one by one, on the same connection and in the same turn.
 */
const MOST_ALONE = 8;

/** A finished job leaves nothing behind, so that its conversation can have a new job at once. */
const jobOptions = { removeOnComplete: true, removeOnFail: true } satisfies JobsOptions;

export function createConversationQueue(options: QueueOpenerOptions): ConversationQueue {
  const { connection, prefix } = options;
  const opener = createQueueOpener<ConversationJob>(CONVERSATIONS, options);
  const keys = createKeys(prefix);
  const urgent = createUrgentConversations({ redis: connection, prefix });

  const addTogether = createGroupCommit(async (conversationIds: readonly string[]) => {
    const queue = await opener.open();
    const distinct = [...new Set(conversationIds)];
    const jobs = distinct.map((conversationId) => ({
      name: 'process',
      data: { conversationId },
      opts: { ...jobOptions, deduplication: { id: conversationId, keepLastIfActive: true } },
    }));
    if (jobs.length > MOST_ALONE) await queue.addBulk(jobs);
    else await Promise.all(jobs.map(({ name, data, opts }) => queue.add(name, data, opts)));
    return conversationIds;
  }, MAX_ADD);

  return {
    ensureJobs: async (conversationIds) => {
      if (conversationIds.length > 0) await addTogether(conversationIds);
    },

    hasten: async (conversationIds) => {
      const queue = await opener.open();
      for (const conversationId of new Set(conversationIds)) {
        const jobId = await queue.getDeduplicationJobId(conversationId);
        const job = jobId === null ? undefined : await queue.getJob(jobId);
        const state = await job?.getState();
        if (state === 'waiting') await job?.changePriority({ lifo: true });
        if (state === 'waiting' || state === 'active') await urgent.announce(conversationId, state);
      }
    },

    listDelayed: async (limit) => {
      const queue = await opener.open();
      const jobs = await queue.getDelayed(0, limit - 1);
      return jobs
        .map((job) => ({ conversationId: job.data.conversationId, until: job.timestamp + job.delay }))
        .sort((one, other) => one.until - other.until);
    },

    wake: async (conversationId) => {
      const queue = await opener.open();
      const jobId = await queue.getDeduplicationJobId(conversationId);
      const job = jobId === null ? undefined : await queue.getJob(jobId);
      if (job === undefined || !(await job.isDelayed())) return false;
      await job.promote();
      return true;
    },

    wakeAll: async () => {
      const queue = await opener.open();
      const delayed = await queue.getDelayedCount();
      if (delayed > 0) await queue.promoteJobs();
      return delayed;
    },

    filterWithoutJob: async (conversationIds) => {
      if (conversationIds.length === 0) return [];
      // The key outlives a job that Redis lost, so the job itself must exist too.
      const jobIds = await connection.mget(
        conversationIds.map((conversationId) => keys.queue(CONVERSATIONS, 'de', conversationId)),
      );
      const exists = await Promise.all(
        jobIds.map(async (id) => id !== null && (await connection.exists(keys.queue(CONVERSATIONS, id))) === 1),
      );
      return conversationIds.filter((_, index) => exists[index] !== true);
    },

    removeLost: async (conversationIds) => {
      const queue = await opener.open();
      for (const conversationId of conversationIds) {
        const jobId = await queue.getDeduplicationJobId(conversationId);
        const job = jobId === null ? undefined : await queue.getJob(jobId);
        if (job?.id !== undefined && (await job.getState()) === 'unknown') await queue.remove(job.id);
      }
    },

    close: () => opener.close(),
  };
}
