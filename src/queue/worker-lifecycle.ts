import { setTimeout as delay } from 'node:timers/promises';
import { type Job, Worker, type WorkerOptions } from 'bullmq';
import type { Logger } from 'pino';
import type { RedisConnection } from '../redis/connection.ts';
import { isOutage } from '../redis/outages.ts';
import { createDampedLog, STRANGERS } from '../telemetry/damped-log.ts';
import { createBullmqClient, type Fetches } from './bullmq-client.ts';
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
  readonly process: (job: Job<Data>, token: string | undefined, signal: AbortSignal | undefined) => Promise<void>;
  readonly logger: Logger;
  readonly settings?: Omit<WorkerOptions, 'connection' | 'prefix' | 'concurrency'>;
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

/**
 * Runs a BullMQ worker, and replaces it when it has stopped requesting jobs: after some failures of a cluster BullMQ waits
 * forever for a promise that never settles (bullmq#4138), with nothing in the log.
 */
export function runWorker<Data>(options: RunWorkerOptions<Data>): RunnableWorker {
  const { name, connection, concurrency, logger, stuckAfterMs = STUCK_AFTER_MS } = options;
  const inProgress = new Set<Promise<void>>();
  const extra = new Set<Promise<void>>();
  const stopped = new AbortController();
  let fetches: Fetches = { triedAt: performance.now(), doneAt: null };
  let worker = start();

  function start(): Worker<Data> {
    fetches = { triedAt: performance.now(), doneAt: null };
    return startWorker(options, fetches, inProgress);
  }

  const isBusy = () => inProgress.size >= concurrency;
  const watch = setInterval(() => {
    const silentMs = performance.now() - fetches.triedAt;
    if (isBusy() || connection.status !== 'ready' || silentMs < stuckAfterMs) return;
    logger.error({ queue: name, silentMs: Math.round(silentMs) }, 'a worker has stopped fetching; another takes its place');
    void abandon(worker);
    worker = start();
  }, stuckAfterMs / 6).unref();

  const runExtra = () => {
    const lockDurationMs = options.settings?.lockDuration ?? LOCK_DURATION_MS;
    const run = runOneMore(worker, { lockDurationMs, process: options.process, stopped: stopped.signal })
      .catch((error: unknown) => worker.emit('error', error as Error))
      .then(() => void extra.delete(run));
    extra.add(run);
    return run;
  };

  return {
    ready: async () => {
      await worker.waitUntilReady();
    },
    isFetching: () => isBusy() || (fetches.doneAt !== null && performance.now() - fetches.doneAt < FETCHED_LATELY_MS),
    isBusy,
    lendPlace: () => {
      if (isBusy() && inProgress.size + extra.size < concurrency * MOST_TIMES) void runExtra();
    },
    runOneMore: runExtra,
    close: async (graceMs) => {
      clearInterval(watch);
      // Paused first: a closed worker could not complete the jobs that it took in addition.
      if (extra.size > 0) await worker.pause(true);
      const closed = Promise.all(extra)
        .then(() => worker.close())
        .then(() => true);
      if (await within(closed, graceMs)) return;
      stopped.abort('shutting down');
      worker.cancelAllJobs('shutting down');
      await within(closed, STOP_MS);
    },
  };
}

function startWorker<Data>(options: RunWorkerOptions<Data>, fetches: Fetches, inProgress: Set<Promise<void>>): Worker<Data> {
  const { name, connection, prefix, concurrency, process, logger, settings, onStart } = options;
  const track = (job: Job<Data>, token: string | undefined, signal: AbortSignal | undefined) => {
    const done = process(job, token, signal).finally(() => inProgress.delete(done));
    inProgress.add(done);
    return done;
  };
  const client = createBullmqClient(connection, fetches);
  const worker = new Worker<Data>(name, track, { ...settings, connection: client, prefix, concurrency });
  logErrors(worker, logger);
  onStart?.(worker);
  return worker;
}

/** Its jobs are given back as at a shutdown. The promise that it waits for may never settle, so nothing waits for the worker. */
async function abandon(worker: Worker): Promise<void> {
  worker.cancelAllJobs('the worker has stopped fetching');
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
