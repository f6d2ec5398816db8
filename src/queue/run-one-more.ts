import { randomUUID } from 'node:crypto';
import { DelayedError, type Worker } from 'bullmq';
import type { JobRuns } from './job-runs.ts';

/**
 * Fetches and runs the job at the head of the queue, in addition to those that the worker takes on its own. Resolves when it is
 * done, at once if no job waits.
 */
export async function runOneMore<Data>(worker: Worker<Data>, runs: Pick<JobRuns<Data>, 'run'>): Promise<void> {
  const token = randomUUID();
  const job = await worker.getNextJob(token, { block: false });
  if (job == null) return;
  try {
    await runs.run(job, token);
    // Without taking the next job: that one belongs to the worker's own places.
    await job.moveToCompleted(undefined, token, false);
  } catch (error) {
    if (!(error instanceof DelayedError)) throw error;
  }
}
