import { Queue } from 'bullmq';
import type { Logger } from 'pino';
import type { AwaitedProofs } from '../inbox/awaited-proofs.ts';
import type { RedisInbox } from '../inbox/redis-inbox.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { createBullmqClient } from './bullmq-client.ts';
import type { ConversationQueue } from './conversation-queue.ts';
import type { DeadLetters } from './dead-letters.ts';
import { logErrors, type RunnableWorker, runWorker } from './worker-lifecycle.ts';

export interface SweeperOptions {
  /** Of the purpose `worker`. */
  readonly connection: RedisConnection;
  readonly prefix: string;
  readonly inbox: Pick<RedisInbox, 'listPending'>;
  readonly queue: Pick<ConversationQueue, 'ensureJobs' | 'filterWithoutJob' | 'removeLost'>;
  readonly proofs: Pick<AwaitedProofs, 'filterAwaiting'>;
  readonly deadLetters: Pick<DeadLetters, 'removeExpired'>;
  readonly logger: Logger;
  /** How often the schedule is checked; default 15,000. */
  readonly guardMs?: number;
}

const SWEEPER = 'sweeper';
const SCHEDULE = 'sweep';
const INTERVAL_MS = 15_000;
const GUARD_MS = 15_000;
/** A sweep that is late by several intervals: its next job is lost, or every worker was away. */
const OVERDUE_MS = 60_000;
/** A younger entry's job is probably being added right now. */
const MIN_AGE_MS = 10_000;
const PAGE = 500;
/** Those that wait longest: a conversation whose job is lost is one of them sooner or later. */
const MOST_SEARCHED = 20;

/**
 * Schedules the conversations that have entries and no job, because a process died between storing the two, or Redis lost the job.
 * @returns how many there were
 */
export async function sweep(
  { inbox, queue, proofs }: Pick<SweeperOptions, 'inbox' | 'queue' | 'proofs'>,
  now = Date.now(),
): Promise<number> {
  let found = 0;
  for (let offset = 0; ; offset += PAGE) {
    const page = await inbox.listPending(now - MIN_AGE_MS, offset, PAGE);
    if (offset === 0) await queue.removeLost(page.slice(0, MOST_SEARCHED));
    const withoutJob = await queue.filterWithoutJob(page);
    // These have no job on purpose: they get one when evidence or another event comes, or when their time is up.
    const awaiting = await proofs.filterAwaiting(withoutJob);
    const jobless = withoutJob.filter((conversationId) => !awaiting.has(conversationId));
    await queue.ensureJobs(jobless);
    found += jobless.length;
    if (page.length < PAGE) return found;
  }
}

/**
 * Sweeps, and removes expired dead letters, every 15 s in one of the processes that run a sweeper. It uses its own queue, to keep
 * the conversations' queue clean.
 */
export async function startSweeper(options: SweeperOptions): Promise<RunnableWorker> {
  const { connection, prefix, logger } = options;
  const schedule = new Queue(SWEEPER, { connection: createBullmqClient(connection), prefix });
  logErrors(schedule, logger);
  try {
    await addSchedule(schedule);
  } catch (error) {
    await schedule.close();
    throw error;
  }
  const guard = setInterval(() => void restoreSchedule(schedule, logger).catch(() => undefined), options.guardMs ?? GUARD_MS);
  guard.unref();

  const run = async () => {
    const found = await sweep(options);
    if (found > 0) logger.warn({ conversations: found }, 'scheduled conversations that had entries and no job');
    const expired = await options.deadLetters.removeExpired();
    if (expired > 0) logger.warn({ deadLetters: expired }, 'removed dead letters older than DEAD_LETTER_MAX_AGE_DAYS');
  };
  const worker = runWorker({
    name: SWEEPER,
    connection,
    prefix,
    concurrency: 1,
    logger,
    process: run,
    onStart: (started) => {
      started.on('failed', (_job, error) => logger.error({ err: error }, 'the sweep failed; the next one follows'));
    },
  });
  return {
    ...worker,
    close: async (graceMs) => {
      clearInterval(guard);
      await worker.close(graceMs);
      // Without Redis there is nothing to close.
      if (connection.status === 'ready') await schedule.close();
    },
  };
}

async function addSchedule(schedule: Queue): Promise<void> {
  const opts = { removeOnComplete: true, removeOnFail: true };
  await schedule.upsertJobScheduler(SCHEDULE, { every: INTERVAL_MS }, { name: SCHEDULE, opts });
}

/** Redis loses the schedule after a `FLUSHALL`, a restart without a disk, or a fail-over to an empty replica. */
async function restoreSchedule(schedule: Queue, logger: Logger): Promise<void> {
  const { next } = (await schedule.getJobScheduler(SCHEDULE)) ?? {};
  if (next !== undefined && next > Date.now() - OVERDUE_MS) return;
  await addSchedule(schedule);
  logger.warn(
    { schedule: next === undefined ? 'gone' : 'overdue' },
    'Redis had lost the schedule of the sweeper; it is there again',
  );
}
