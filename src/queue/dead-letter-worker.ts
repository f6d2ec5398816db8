import { setTimeout as delay } from 'node:timers/promises';
import { type Job, UnrecoverableError } from 'bullmq';
import type { Logger } from 'pino';
import type { Outcome } from '../domain/outcome.ts';
import { encodeEntry } from '../inbox/entry-format.ts';
import type { RedisInbox } from '../inbox/redis-inbox.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { ConversationQueue } from './conversation-queue.ts';
import { DEAD_LETTERS, type DeadLetter, type DeadLetters } from './dead-letters.ts';
import { readDeadLetter } from './stored-dead-letter.ts';
import { type RunnableWorker, runWorker } from './worker-lifecycle.ts';

export interface DeadLetterWorkerOptions {
  /** Of the purpose `worker`. */
  readonly connection: RedisConnection;
  readonly prefix: string;
  readonly deadLetters: Pick<DeadLetters, 'queue'>;
  readonly inbox: Pick<RedisInbox, 'requeue'>;
  readonly queue: Pick<ConversationQueue, 'ensureJobs'>;
  readonly logger: Logger;
}

/** A "retry all" needs a moment to mark all jobs as retried. */
const GATHER_MS = 200;
/** As many jobs as are kept by default. */
const MAX_GATHERED = 10_000;
/** Letters in memory at once. */
const GATHER_PAGE = 20;

/**
 * A new job fails with its reason, and so enters the failed state where people look for it. A retried job (by `retry`, or by any
 * tool that knows BullMQ) puts its entry back through the inbox and is deleted. BullMQ counts the failure and stores the state in
 * one step, so a kill in between repeats the first run and never skips to the second.
 */
export function createDeadLetterWorker(options: DeadLetterWorkerOptions): RunnableWorker {
  const { connection, prefix, logger } = options;
  let idle = true;
  const run = async (job: Job<DeadLetter>) => {
    if (readDeadLetter(job.data) === null) throw new UnrecoverableError('no dead letter that this release reads');
    if (isRetried(job)) {
      const isFirst = idle;
      idle = false;
      if (await putBack(options, job, isFirst)) return;
    }
    throw new UnrecoverableError(`${job.data.outcome.reason}: ${job.data.outcome.detail}`);
  };
  return runWorker<DeadLetter>({
    name: DEAD_LETTERS,
    connection,
    prefix,
    concurrency: 1,
    logger,
    process: run,
    settings: { maxStalledCount: Number.MAX_SAFE_INTEGER },
    onStart: (worker) => {
      worker.on('drained', () => {
        idle = true;
      });
    },
  });
}

function isRetried(job: Job<DeadLetter>): boolean {
  return job.attemptsMade > 0;
}

/**
 * Tools for BullMQ retry the newest job first, but entries go back oldest first. After an idle period the first job requeues all
 * retried letters, oldest first; the other jobs then have nothing left to do.
 * @returns `false` when it could not be done: the dead letter then fails again, with its previous reason
 */
async function putBack(options: DeadLetterWorkerOptions, job: Job<DeadLetter>, isFirst: boolean): Promise<boolean> {
  try {
    if (isFirst) await putBackAll(options);
    await replay(options, job);
    return true;
  } catch (error) {
    const { conversationId } = job.data;
    options.logger.error({ conversationId, deadLetter: job.id, err: error }, 'a dead letter could not be put back; it is kept');
    return false;
  }
}

async function putBackAll(options: DeadLetterWorkerOptions): Promise<void> {
  const { deadLetters } = options;
  for (const id of await gatherRetries(deadLetters)) {
    const retried = await findRetry(deadLetters.queue, id);
    if (retried !== null) await replay(options, retried);
  }
}

/** The position of a dead letter among others. The letters themselves are not kept: one can have the size of a delivery. */
interface Place {
  readonly id: string;
  readonly arrivedAt: number;
  readonly sequence: number;
}

/**
 * The ids of all that are retried, in the order of arrival. Also those that another process has just taken, so that none of
 * its letters is overtaken.
 */
async function gatherRetries({ queue }: Pick<DeadLetters, 'queue'>): Promise<readonly string[]> {
  await delay(GATHER_MS);
  const ids = await queue.getRanges(['wait', 'active'], 0, MAX_GATHERED - 1);
  const places: Place[] = [];
  for (let start = 0; start < ids.length; start += GATHER_PAGE) {
    const retries = await Promise.all(ids.slice(start, start + GATHER_PAGE).map((id) => findRetry(queue, id)));
    for (const retry of retries) if (retry !== null) places.push(placeOf(retry));
  }
  return places.sort(byArrival).map(({ id }) => id);
}

/** `null` when it does not exist, is not a retry (any more), or can't be read. */
async function findRetry(queue: DeadLetters['queue'], id: string): Promise<Job<DeadLetter> | null> {
  const job = await queue.getJob(id);
  return job !== undefined && isRetried(job) && readDeadLetter(job.data) !== null ? job : null;
}

function placeOf({ id = '', data }: Job<DeadLetter>): Place {
  return { id, arrivedAt: data.receivedAt ?? data.deadLetteredAt, sequence: data.sequence };
}

function byArrival(one: Place, other: Place): number {
  return one.arrivedAt - other.arrivedAt || one.sequence - other.sequence;
}

/** Calling it twice has no further effect; after a kill between the two steps, the repetition completes the work. */
async function replay({ inbox, queue, logger }: DeadLetterWorkerOptions, job: Job<DeadLetter>): Promise<void> {
  const { conversationId, outcome } = job.data;
  // The time distinguishes this job from a later one of the same id, made if the retried entry fails again.
  const { status, needsJob } = await inbox.requeue(conversationId, toReplayedText(job.data), `${job.id} ${job.timestamp}`);
  if (needsJob) await queue.ensureJobs([conversationId]);
  if (status === 'accepted') logger.info({ conversationId, deadLetter: job.id, reason: outcome.reason }, 'dead letter put back');
}

/**
 * The entry gets all its attempts again. Its open actions are the dead-lettered one and those that were skipped because of it.
 */
function toReplayedText({ entry, actionKey, raw }: DeadLetter): string {
  if (entry === null) return raw ?? '';
  const isDone = ([key, { reason }]: [string, Outcome]) => key !== actionKey && reason !== 'earlier-action-failed';
  const done = Object.entries(entry.outcomes).filter(isDone);
  const outcomes = Object.fromEntries(done.map(([key, outcome]) => [key, toFinished(outcome)]));
  const { unknownSince: _, ...retried } = entry;
  return encodeEntry({ ...retried, attempts: 0, outcomes, receivedAt: Date.now(), replayed: true });
}

/** Another dead-lettered action has its own dead letter and must not get a second one; its reason stays. */
function toFinished(outcome: Outcome): Outcome {
  if (outcome.kind !== 'dead-lettered') return outcome;
  return { ...outcome, kind: 'skipped', detail: `is left to its own dead letter: ${outcome.detail}` };
}
