import { setTimeout as delay } from 'node:timers/promises';
import { type Job, Worker, type WorkerOptions } from 'bullmq';
import type { Logger } from 'pino';
import { LinkedSet } from '../domain/linked-set.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { isOutage } from '../redis/outages.ts';
import { createDampedLog, STRANGERS } from '../telemetry/damped-log.ts';
import { createBullmqClient, type Fetches } from './bullmq-client.ts';
import { createJobRuns, type JobRuns, type Process } from './job-runs.ts';
import { runOneMore } from './run-one-more.ts';

export interface RunnableWorker {
  /** Resolves when the worker takes jobs. */
  ready(): Promise<void>;
  /** Whether it takes jobs: it has requested one lately and Redis replied, or its maximum of jobs is active. */
  isFetching(): boolean;
  /** Whether its maximum of jobs is active. */
  isBusy(): boolean;
  /** A job only waits now: if every place is taken, one more job runs, up to three times the maximum in all. */
  lendPlace(): void;
  /** Takes one more job than its maximum, if one waits; resolves when that job is done. */
  runOneMore(): Promise<void>;
  /** Takes no more jobs and waits for those in progress; after `graceMs` they are asked to stop. */
  close(graceMs: number): Promise<void>;
}

export interface RunWorkerOptions<Data> {
  readonly name: string;
  /** Of the purpose `worker`; the caller owns it, and it stays open. */
  readonly connection: RedisConnection;
  readonly prefix: string;
  readonly concurrency: number;
  readonly process: Process<Data>;
  readonly logger: Logger;
  readonly settings?: Omit<WorkerOptions, 'connection' | 'prefix' | 'concurrency' | 'skipLockRenewal' | 'lockRenewTime'>;
  /** Its job was told to stop. */
  readonly onLockLost?: (job: Job<Data>) => void;
  /** Called with each BullMQ worker: the first, and its replacements. */
  readonly onStart?: (worker: Worker<Data>) => void;
  /** Default 30,000. */
  readonly stuckAfterMs?: number;
}

/** A BullMQ queue or worker. */
interface ErrorSource {
  readonly name: string;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** Time for jobs that were asked to stop. Another worker takes over the jobs that still run then, when their locks end. */
const STOP_MS = 2_000;
/** BullMQ waits for a job for up to 10 s, and requests again at once. */
const STUCK_AFTER_MS = 30_000;
/** The maximum of jobs, counted with those that only wait, as a multiple of the configured one. */
const MOST_TIMES = 3;
/** BullMQ's own default. */
const LOCK_DURATION_MS = 30_000;
const FETCHED_LATELY_MS = 20_000;

/** A BullMQ worker with what it has taken and when. */
interface Started<Data> {
  readonly worker: Worker<Data>;
  readonly runs: JobRuns<Data>;
  readonly fetches: Fetches;
}

/**
 * Runs a BullMQ worker, and replaces it when it has stopped requesting jobs: after some failures of a cluster BullMQ waits
 * forever for a promise that never settles (bullmq#4138), with nothing in the log.
 */
export function runWorker<Data>(options: RunWorkerOptions<Data>): RunnableWorker {
  const { name, connection, concurrency, logger, stuckAfterMs = STUCK_AFTER_MS } = options;
  const inProgress = new LinkedSet<Promise<void>>();
  const extra = new LinkedSet<Promise<void>>();
  let current = start(options, inProgress);

  const isBusy = () => inProgress.size >= concurrency;
  const watch = setInterval(() => {
    const silentMs = performance.now() - current.fetches.triedAt;
    if (isBusy() || connection.status !== 'ready' || silentMs < stuckAfterMs) return;
    logger.error({ queue: name, silentMs: Math.round(silentMs) }, 'a worker has stopped fetching; another takes its place');
    void abandon(current);
    current = start(options, inProgress);
  }, stuckAfterMs / 6).unref();

  const runExtra = () => {
    const { worker, runs } = current;
    const run = runOneMore(worker, runs).catch((error: unknown) => void worker.emit('error', error as Error));
    return run.then(extra.add(run));
  };

  return {
    ready: async () => {
      await current.worker.waitUntilReady();
    },
    isFetching: () => {
      const { doneAt } = current.fetches;
      return isBusy() || (doneAt !== null && performance.now() - doneAt < FETCHED_LATELY_MS);
    },
    isBusy,
    lendPlace: () => {
      if (isBusy() && inProgress.size + extra.size < concurrency * MOST_TIMES) void runExtra();
    },
    runOneMore: runExtra,
    close: async (graceMs) => {
      clearInterval(watch);
      const { worker, runs } = current;
      // Paused first: a closed worker could not complete the jobs that it took in addition.
      if (extra.size > 0) await worker.pause(true);
      const closed = Promise.all(extra)
        .then(() => worker.close())
        .then(() => true);
      if (await within(closed, graceMs)) return;
      runs.stop('shutting down');
      await within(closed, STOP_MS);
    },
  };
}

function start<Data>(options: RunWorkerOptions<Data>, inProgress: LinkedSet<Promise<void>>): Started<Data> {
  const { name, connection, prefix, concurrency, process, logger, settings, onStart, onLockLost = () => undefined } = options;
  const lockDuration = settings?.lockDuration ?? LOCK_DURATION_MS;
  const runs = createJobRuns({ process, lockDurationMs: lockDuration, onLockLost });
  const track = (job: Job<Data>, token = '') => {
    const run = runs.run(job, token);
    return run.finally(inProgress.add(run));
  };
  const fetches: Fetches = { triedAt: performance.now(), doneAt: null };
  const client = createBullmqClient(connection, fetches);
  const own = { connection: client, prefix, concurrency, lockDuration, skipLockRenewal: true };
  const worker = new Worker<Data>(name, track, { ...settings, ...own });
  logErrors(worker, logger);
  onStart?.(worker);
  return { worker, runs, fetches };
}

/** Its jobs are given back as at a shutdown. The promise that it waits for may never settle, so nothing waits for the worker. */
async function abandon<Data>({ worker, runs }: Started<Data>): Promise<void> {
  runs.stop('the worker has stopped fetching');
  await delay(STOP_MS, undefined, { ref: false });
  await worker.close(true);
}

/**
 * BullMQ repeats what failed, and a queue's commands reject; this is for the log only. Failures because of Redis are reported as
 * an outage.
 */
export function logErrors(source: ErrorSource, logger: Logger): void {
  const warn = createDampedLog((fields, message) => logger.warn(fields, message), STRANGERS);
  source.on('error', (error) => {
    if (!isOutage(error, logger)) warn(error.message, { queue: source.name, reason: error.message }, 'BullMQ met an error');
  });
}

async function within(closed: Promise<boolean>, limitMs: number): Promise<boolean> {
  const timer = new AbortController();
  const late = delay(limitMs, false, { signal: timer.signal }).catch(() => false);
  try {
    return await Promise.race([closed, late]);
  } finally {
    timer.abort();
  }
}
