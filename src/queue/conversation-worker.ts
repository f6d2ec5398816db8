import { DelayedError, Job, type Worker } from 'bullmq';
import type { Logger } from 'pino';
import type { RedisConnection } from '../redis/connection.ts';
import { isOutage } from '../redis/outages.ts';
import { CONVERSATIONS, type ConversationJob } from './conversation-queue.ts';
import { type RunnableWorker, runWorker } from './worker-lifecycle.ts';

export interface ProcessContext {
  /**
   * Aborted when the job's lock is lost (another worker may have started the same conversation) or the process is shutting down.
   * Then stop soon, with an `AbortError` or, if entries are left, with a `retryAt`.
   */
  readonly signal: AbortSignal;
}

export interface Processed {
  /** Epoch milliseconds at which the conversation is to be processed again; `null` when its inbox is empty. */
  readonly retryAt: number | null;
}

export interface ConversationWorkerOptions {
  /** Of the purpose `worker`. */
  readonly connection: RedisConnection;
  readonly prefix: string;
  /** Conversations in progress at once. */
  readonly concurrency: number;
  readonly process: (conversationId: string, context: ProcessContext) => Promise<Processed>;
  readonly logger: Logger;
  /** Default 10,000; renewed at a third of it. */
  readonly lockDurationMs?: number;
  /** How often jobs of dead workers are looked for; default 3,000. */
  readonly stalledIntervalMs?: number;
  /** See `runWorker`. */
  readonly stuckAfterMs?: number;
}

/** With the interval below, a conversation whose worker was killed is taken over within about 13 s. */
const LOCK_DURATION_MS = 10_000;
const STALLED_INTERVAL_MS = 3_000;
/** A processor that throws is a bug. Its conversation is retried after this time, and not at once in a tight loop. */
const AFTER_BUG_MS = 5_000;
/** The same when Redis refused or lost a command: most of that is over in a moment. */
const AFTER_OUTAGE_MS = 1_000;

/** Runs `process` for each conversation that has a job: one run at a time for a conversation, `concurrency` in all. */
export function createConversationWorker(options: ConversationWorkerOptions): RunnableWorker {
  const { connection, prefix, concurrency, logger } = options;
  const lockDuration = options.lockDurationMs ?? LOCK_DURATION_MS;
  /** Conversation ids by job id. */
  const inProgress = new Map<string, string>();
  return runWorker<ConversationJob>({
    name: CONVERSATIONS,
    connection,
    prefix,
    concurrency,
    logger,
    process: async (job, token, signal) => {
      const id = job.id ?? '';
      inProgress.set(id, job.data.conversationId);
      await processJob(options, job, token, signal).finally(() => inProgress.delete(id));
    },
    settings: {
      lockDuration,
      lockRenewTime: lockDuration / 3,
      stalledInterval: options.stalledIntervalMs ?? STALLED_INTERVAL_MS,
      // A conversation is never dropped because workers died; its entries count their own attempts.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      runRetryDelay: 1_000,
    },
    onStart: (worker) => {
      worker.on('stalled', (jobId) => void reportTakenOver(worker, jobId, logger));
      worker.on('lockRenewalFailed', (jobIds) => {
        for (const jobId of jobIds) worker.cancelJob(jobId, 'the lock was lost');
        const conversations = jobIds.flatMap((jobId) => inProgress.get(jobId) ?? []);
        logger.warn({ jobs: jobIds.length, conversations }, 'lost the lock of conversations in progress');
      });
    },
    ...(options.stuckAfterMs === undefined ? {} : { stuckAfterMs: options.stuckAfterMs }),
  });
}

/** The job is read for its conversation. It may be gone by now, or Redis may not respond. */
async function reportTakenOver(worker: Worker<ConversationJob>, jobId: string, logger: Logger): Promise<void> {
  const job = await Job.fromId<ConversationJob>(worker, jobId).catch(() => undefined);
  logger.warn({ conversationId: job?.data.conversationId ?? null, jobId }, 'took over a conversation whose worker was lost');
}

/**
 * A delayed job remains the only job of its conversation: deduplication refuses others meanwhile. The delay costs none of
 * BullMQ's attempts, which are not used here.
 */
async function processJob(
  { process, logger }: ConversationWorkerOptions,
  job: Job<ConversationJob>,
  token: string | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { conversationId } = job.data;
  const retryAt = await process(conversationId, { signal: signal ?? new AbortController().signal }).then(
    (processed) => processed.retryAt,
    (error: unknown) => {
      if (error instanceof Error && error.name === 'AbortError') {
        logger.info({ conversationId }, 'conversation given back');
        return Date.now();
      }
      if (isOutage(error, logger)) return Date.now() + AFTER_OUTAGE_MS;
      logger.error({ conversationId, err: error }, 'processing a conversation failed; trying it again');
      return Date.now() + AFTER_BUG_MS;
    },
  );
  if (retryAt === null) return;
  await job.moveToDelayed(retryAt, token);
  throw new DelayedError();
}
