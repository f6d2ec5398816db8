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
  /** Default 10,000. */
  readonly lockDurationMs?: number;
  /** How often jobs of dead workers are looked for; default 3,000. */
  readonly stalledIntervalMs?: number;
  /** See `runWorker`. */
  readonly stuckAfterMs?: number;
  /** A conversation that is at work for longer is reported, again and again; default 120,000. */
  readonly longRunMs?: number;
}

/** With the interval below, a conversation whose worker was killed is taken over within about 13 s. */
const LOCK_DURATION_MS = 10_000;
const STALLED_INTERVAL_MS = 3_000;
/** Usually a conversation is done in seconds. It takes minutes if it waits for its turn at Genesys; or it hangs. */
const LONG_RUN_MS = 120_000;
/**
 * How long an idle worker waits for a job before it requests again, seconds. When a lent place fetches in the same moment in which
 * a job is delayed, BullMQ forgets when that job is due: the job then waits for the end of this time.
 */
const IDLE_BLOCK_S = 1;
/** A processor that throws is a bug. Its conversation is retried after this time, and not at once in a tight loop. */
const AFTER_BUG_MS = 5_000;
/** The same when Redis refused or lost a command: most of that is over in a moment. */
const AFTER_OUTAGE_MS = 1_000;

/** Runs `process` for each conversation that has a job: one run at a time for a conversation, `concurrency` in all. */
export function createConversationWorker(options: ConversationWorkerOptions): RunnableWorker {
  const { connection, prefix, concurrency, logger, longRunMs = LONG_RUN_MS } = options;
  const reportLost = createLostReport(logger);
  return runWorker<ConversationJob>({
    name: CONVERSATIONS,
    connection,
    prefix,
    concurrency,
    logger,
    process: async (job, token, signal) => {
      const { conversationId } = job.data;
      const startedAt = performance.now();
      const report = setInterval(() => {
        const seconds = Math.round((performance.now() - startedAt) / 1000);
        logger.warn({ conversationId, seconds }, 'a conversation has been at work for long');
      }, longRunMs);
      await processJob(options, job, token, signal).finally(() => clearInterval(report));
    },
    onLockLost: (job) => reportLost(job.data.conversationId),
    settings: {
      lockDuration: options.lockDurationMs ?? LOCK_DURATION_MS,
      stalledInterval: options.stalledIntervalMs ?? STALLED_INTERVAL_MS,
      // A conversation is never dropped because workers died; its entries count their own attempts.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      runRetryDelay: 1_000,
      drainDelay: IDLE_BLOCK_S,
    },
    onStart: (worker) => {
      worker.on('stalled', (jobId) => void reportTakenOver(worker, jobId, logger));
    },
    ...(options.stuckAfterMs === undefined ? {} : { stuckAfterMs: options.stuckAfterMs }),
  });
}

/** After a standstill all locks are lost in the same turn: they are one line. */
function createLostReport(logger: Logger): (conversationId: string) => void {
  let conversations: string[] = [];
  const report = () => {
    logger.warn({ jobs: conversations.length, conversations }, 'lost the lock of conversations in progress');
    conversations = [];
  };
  return (conversationId) => {
    conversations.push(conversationId);
    if (conversations.length === 1) setImmediate(report);
  };
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
  token: string,
  signal: AbortSignal,
): Promise<void> {
  const { conversationId } = job.data;
  const retryAt = await process(conversationId, { signal }).then(
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
