import { createHash } from 'node:crypto';
import { type Job, Queue } from 'bullmq';
import type { Logger } from 'pino';
import { type InboxEntry, writtenOut } from '../domain/inbox-entry.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { InboxItem } from '../inbox/inbox.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { createKeys } from '../redis/keys.ts';
import { createBullmqClient } from './bullmq-client.ts';
import { type DeadLetterFilter, fitsFilter } from './dead-letter-filter.ts';
import { readDeadLetter, unreadableDeadLetter } from './stored-dead-letter.ts';
import { logErrors } from './worker-lifecycle.ts';

export const DEAD_LETTERS = 'dead-letters';

/**
 * An action of an entry that can't be done, kept for a person to see and retry. It is the data of a job in the queue
 * `dead-letters`.
 */
export interface DeadLetter {
  readonly conversationId: string;
  /** The entry as it was, with the outcomes of its other actions; `null` when it can't be read, then `raw` is set. */
  readonly entry: InboxEntry | null;
  /** The stored text that can't be read as an entry. */
  readonly raw: string | null;
  /** Which action of the entry; `null` when the entry can't be read. */
  readonly actionKey: string | null;
  /** Rule, action, reason, and the response of Genesys. */
  readonly outcome: Outcome;
  /** Of the delivery that brought the entry; `null` when the entry can't be read. */
  readonly traceparent: string | null;
  readonly attempts: number;
  /** Epoch milliseconds; `null` when the entry can't be read. */
  readonly receivedAt: number | null;
  /** Epoch milliseconds. */
  readonly deadLetteredAt: number;
  /** Grows with each dead letter: orders the letters of one millisecond. */
  readonly sequence: number;
}

export interface ListedDeadLetter {
  readonly id: string;
  readonly letter: DeadLetter;
  /** `replaying`: a retry was requested and a worker has yet to put the entry back; `parking`: about to be `failed`. */
  readonly state: 'failed' | 'replaying' | 'parking';
}

export interface DeadLetterRetention {
  readonly maxCount: number;
  readonly maxAgeSeconds: number;
}

export interface DeadLettersOptions {
  /** Of the purpose `worker`. */
  readonly connection: RedisConnection;
  readonly prefix: string;
  readonly logger: Logger;
  /** Default: 10,000 and 14 days. */
  readonly retention?: DeadLetterRetention;
}

export interface DeadLetters {
  /** Durable when it resolves. The same action of the same entry makes one dead letter, however often it is added. */
  add(entry: InboxEntry, actionKey: string, outcome: Outcome): Promise<void>;
  /** For an inbox item that can't be read. */
  addUnreadable(conversationId: string, item: InboxItem, outcome: Outcome): Promise<void>;
  /** Oldest first. */
  list(offset: number, limit: number): Promise<ListedDeadLetter[]>;
  get(id: string): Promise<ListedDeadLetter | null>;
  /** All that match, read one page at a time. Newest first. */
  search(filter: DeadLetterFilter): AsyncGenerator<ListedDeadLetter>;
  count(): Promise<number>;
  /** A worker puts the entry back through the inbox. `false` when there is no such dead letter, or it is being retried. */
  retry(id: string): Promise<boolean>;
  /** All dead letters, oldest first; resolves when workers have been notified. */
  retryAll(): Promise<void>;
  /** `false` when there is no such dead letter, or a worker is putting it back right now. */
  drop(id: string): Promise<boolean>;
  /**
   * Removes the dead letters that are older than the retention allows; returns how many. BullMQ checks their age only when
   * another one is added.
   */
  removeExpired(): Promise<number>;
  /** BullMQ's own queue. */
  readonly queue: Queue<DeadLetter>;
  close(): Promise<void>;
}

/** Bounds how many are in memory at once: an entry can have the size of a delivery. */
const SEARCH_PAGE = 50;

/** Bounds how long one removal blocks Redis; the next sweep removes the next ones. */
const MAX_EXPIRED = 1_000;

const DEFAULT_RETENTION: DeadLetterRetention = { maxCount: 10_000, maxAgeSeconds: 14 * 86_400 };

/**
 * Dead letters are added as waiting jobs, because BullMQ can't add a failed job; the worker of the queue
 * (`dead-letter-worker.ts`) moves them to the failed state.
 */
export function createDeadLetters(options: DeadLettersOptions): DeadLetters {
  const { connection, prefix, logger } = options;
  const queue = new Queue<DeadLetter>(DEAD_LETTERS, { connection: createBullmqClient(connection), prefix });
  logErrors(queue, logger);
  return deadLettersOn(queue, options);
}

/** The same on a queue that is already open. */
export function deadLettersOn(
  queue: Queue<DeadLetter>,
  { connection, prefix, retention = DEFAULT_RETENTION }: Omit<DeadLettersOptions, 'logger'>,
): DeadLetters {
  const keys = createKeys(prefix);
  const removeOnFail = { count: retention.maxCount, age: retention.maxAgeSeconds };
  // The place in our code where a dead letter "fails" is always the same, so its stack has no information.
  const jobOptions = { removeOnFail, removeOnComplete: true, stackTraceLimit: 0 };
  const store = async (jobId: string, content: Omit<DeadLetter, 'sequence'>) => {
    const letter = { ...content, sequence: await connection.incr(keys.deadLetterSequence) };
    await queue.add(letter.outcome.reason, letter, { ...jobOptions, jobId });
  };

  return {
    add: (entry, actionKey, outcome) => store(deadLetterId(entry, actionKey), fromEntry(entry, actionKey, outcome)),
    addUnreadable: (conversationId, item, outcome) =>
      store(digest('unreadable', conversationId, item.raw), fromUnreadable(conversationId, item, outcome)),
    list: async (offset, limit) => {
      const jobs = await queue.getJobs(['failed'], offset, offset + limit - 1, true);
      return jobs.map((job) => describe(job, 'failed'));
    },
    search: async function* (filter) {
      for (let offset = 0; ; offset += SEARCH_PAGE) {
        const jobs = await queue.getJobs(['failed'], offset, offset + SEARCH_PAGE - 1, false);
        for (const job of jobs) {
          const listed = describe(job, 'failed');
          if (fitsFilter(listed, filter)) yield listed;
        }
        if (jobs.length < SEARCH_PAGE) return;
      }
    },
    get: async (id) => {
      const job = await queue.getJob(id);
      return job === undefined ? null : describe(job, (await job.isFailed()) ? 'failed' : 'waiting');
    },
    count: () => queue.getFailedCount(),
    retry: async (id) => {
      const job = await queue.getJob(id);
      if (job === undefined || !(await job.isFailed())) return false;
      await job.retry('failed');
      return true;
    },
    retryAll: () => queue.retryJobs({ state: 'failed' }),
    drop: async (id) => (await queue.getJob(id)) !== undefined && (await queue.remove(id)) === 1,
    removeExpired: async () => (await queue.clean(retention.maxAgeSeconds * 1_000, MAX_EXPIRED, 'failed')).length,
    queue,
    close: () => queue.close(),
  };
}

/**
 * The same id for an entry that is dead-lettered again after a crash between that and settling its inbox. Another id for the
 * entry that a retry put back, which was received anew.
 */
function deadLetterId(entry: InboxEntry, actionKey: string): string {
  return digest('action', entry.event.conversationId, entry.id, actionKey, String(entry.receivedAt));
}

/** Letters and digits only: BullMQ refuses ids with a colon, and ids that are numbers. */
function digest(...parts: readonly string[]): string {
  return `d${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40)}`;
}

function fromEntry(entry: InboxEntry, actionKey: string, outcome: Outcome): Omit<DeadLetter, 'sequence'> {
  const { traceparent, attempts, receivedAt } = entry;
  const { conversationId } = entry.event;
  const deadLetteredAt = Date.now();
  return {
    conversationId,
    entry: writtenOut(entry),
    raw: null,
    actionKey,
    outcome,
    traceparent,
    attempts,
    receivedAt,
    deadLetteredAt,
  };
}

function fromUnreadable(conversationId: string, { raw }: InboxItem, outcome: Outcome): Omit<DeadLetter, 'sequence'> {
  const unknown = { entry: null, actionKey: null, traceparent: null, attempts: 0, receivedAt: null };
  return { ...unknown, conversationId, raw, outcome, deadLetteredAt: Date.now() };
}

function describe(job: Job<DeadLetter>, state: 'failed' | 'waiting'): ListedDeadLetter {
  const replaying = job.attemptsMade > 0 ? 'replaying' : 'parking';
  return {
    id: job.id ?? '',
    letter: readDeadLetter(job.data) ?? unreadableDeadLetter(job.data, job.timestamp),
    state: state === 'failed' ? 'failed' : replaying,
  };
}
