import { Queue, Worker } from 'bullmq';
import type { Logger } from 'pino';
import type { RedisInbox } from '../inbox/redis-inbox.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { ConversationQueue } from './conversation-queue.ts';
import type { DeadLetters } from './dead-letters.ts';
import { logErrors, type RunnableWorker, runnableWorker } from './worker-lifecycle.ts';

export interface SweeperOptions {
  /** Of the purpose `worker`. */
  readonly connection: RedisConnection;
  readonly prefix: string;
  readonly inbox: Pick<RedisInbox, 'listPending'>;
  readonly queue: Pick<ConversationQueue, 'ensureJobs' | 'filterWithoutJob'>;
  readonly deadLetters: Pick<DeadLetters, 'removeExpired'>;
  readonly logger: Logger;
}

const SWEEPER = 'sweeper';
const INTERVAL_MS = 15_000;
/** A younger entry's job is probably being added right now. */
const MIN_AGE_MS = 10_000;
const PAGE = 500;

/**
 * Schedules the conversations that have entries and no job, which a process that died between the two left behind.
 * @returns how many there were
 */
export async function sweep({ inbox, queue }: Pick<SweeperOptions, 'inbox' | 'queue'>, now = Date.now()): Promise<number> {
  let found = 0;
  for (let offset = 0; ; offset += PAGE) {
    const page = await inbox.listPending(now - MIN_AGE_MS, offset, PAGE);
    const jobless = await queue.filterWithoutJob(page);
    await queue.ensureJobs(jobless);
    found += jobless.length;
    if (page.length < PAGE) return found;
  }
}

/**
 * Sweeps, and removes expired dead letters, every 15 s in one of the processes that run a sweeper; in a queue of its own,
 * to keep the conversations' clean.
 */
export async function startSweeper(options: SweeperOptions): Promise<RunnableWorker> {
  const { connection, prefix, logger } = options;
  const schedule = new Queue(SWEEPER, { connection, prefix });
  logErrors(schedule, connection, logger);
  const opts = { removeOnComplete: true, removeOnFail: true };
  try {
    await schedule.upsertJobScheduler('sweep', { every: INTERVAL_MS }, { name: 'sweep', opts });
  } finally {
    await schedule.close();
  }

  const run = async () => {
    const found = await sweep(options);
    if (found > 0) logger.warn({ conversations: found }, 'scheduled conversations that had entries and no job');
    const expired = await options.deadLetters.removeExpired();
    if (expired > 0) logger.warn({ deadLetters: expired }, 'removed dead letters older than DEAD_LETTER_MAX_AGE_DAYS');
  };
  const worker = new Worker(SWEEPER, run, { connection, prefix, concurrency: 1 });
  logErrors(worker, connection, logger);
  worker.on('failed', (_job, error) => logger.error({ err: error }, 'the sweep failed; the next one follows'));
  return runnableWorker(worker);
}
