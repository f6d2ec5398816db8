import { randomUUID } from 'node:crypto';
import { DelayedError, type Job, type Worker } from 'bullmq';

export interface OneMore<Data> {
  readonly lockDurationMs: number;
  readonly process: (job: Job<Data>, token: string, signal: AbortSignal) => Promise<void>;
  /** Aborted when the worker stops. */
  readonly stopped: AbortSignal;
}

/**
 * Fetches and processes the job at the head of the queue, in addition to those that the worker takes on its own. BullMQ renews no
 * lock of such a job, so this does. Resolves when it is done, at once if no job waits.
 */
export async function runOneMore<Data>(worker: Worker<Data>, { lockDurationMs, process, stopped }: OneMore<Data>): Promise<void> {
  const token = randomUUID();
  const job = await worker.getNextJob(token, { block: false });
  if (job == null) return;
  const lost = new AbortController();
  const renew = () =>
    job.extendLock(token, lockDurationMs).then(
      (extended) => {
        if (extended !== 1) lost.abort('the lock was lost');
      },
      () => lost.abort('the lock could not be renewed'),
    );
  const renewal = setInterval(() => void renew(), lockDurationMs / 3);
  try {
    await process(job, token, AbortSignal.any([stopped, lost.signal]));
    // Without taking the next job: that one belongs to the worker's own places.
    await job.moveToCompleted(undefined, token, false);
  } catch (error) {
    if (!(error instanceof DelayedError)) throw error;
  } finally {
    clearInterval(renewal);
  }
}
