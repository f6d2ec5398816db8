import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from 'bullmq';
import type { Logger } from 'pino';
import type { RedisConnection } from '../redis/connection.ts';

export interface RunnableWorker {
  /** Resolves when jobs are being taken. */
  ready(): Promise<void>;
  /** Takes no more jobs and waits for those in progress; after `graceMs` they are told to stop. */
  close(graceMs: number): Promise<void>;
}

/** A BullMQ queue or worker. */
interface ErrorSource {
  readonly name: string;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** Time for jobs that were told to stop; what still runs then is taken over by another worker when its lock ends. */
const STOP_MS = 2_000;

/** Starting and ending a BullMQ worker. Its connection is the caller's and stays open. */
export function runnableWorker(worker: Worker): RunnableWorker {
  return {
    ready: async () => {
      await worker.waitUntilReady();
    },
    close: async (graceMs) => {
      const closed = worker.close().then(() => true);
      if (await within(closed, graceMs)) return;
      worker.cancelAllJobs('shutting down');
      await within(closed, STOP_MS);
    },
  };
}

/**
 * BullMQ repeats what failed by itself, and a queue's commands reject by themselves; this is for the log only.
 * While Redis is away nearly everything fails, and the connection has said so once.
 */
export function logErrors(source: ErrorSource, connection: RedisConnection, logger: Logger): void {
  source.on('error', (error) => {
    const level = connection.status === 'ready' ? 'warn' : 'debug';
    logger[level]({ queue: source.name, reason: error.message }, 'BullMQ met an error');
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
