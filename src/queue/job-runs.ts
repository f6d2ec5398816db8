import { DelayedError, type Job } from 'bullmq';
import { LinkedSet } from '../domain/linked-set.ts';
import { holdLock } from './hold-lock.ts';

/** Processes a job until it is done, or until it is told to stop. */
export type Process<Data> = (job: Job<Data>, token: string, signal: AbortSignal) => Promise<void>;

export interface JobRunsOptions<Data> {
  readonly process: Process<Data>;
  readonly lockDurationMs: number;
  readonly onLockLost: (job: Job<Data>) => void;
}

/** The jobs that one BullMQ worker has taken, each with its lock. */
export interface JobRuns<Data> {
  /** @throws DelayedError when the lock was lost: somebody else completes the job. */
  run(job: Job<Data>, token: string): Promise<void>;
  /** Tells all jobs to stop, and those that start later. */
  stop(reason: string): void;
}

export function createJobRuns<Data>({ process, lockDurationMs, onLockLost }: JobRunsOptions<Data>): JobRuns<Data> {
  const running = new LinkedSet<AbortController>();
  let stopReason: string | null = null;

  return {
    run: async (job, token) => {
      const stopping = new AbortController();
      let isLost = false;
      const release = holdLock(job, token, lockDurationMs, () => {
        isLost = true;
        stopping.abort('the lock was lost');
        onLockLost(job);
      });
      const leave = running.add(stopping);
      if (stopReason !== null) stopping.abort(stopReason);
      try {
        await process(job, token, stopping.signal);
      } catch (error) {
        if (!isLost) throw error;
      } finally {
        release();
        leave();
      }
      if (isLost) throw new DelayedError();
    },
    stop: (reason) => {
      stopReason = reason;
      for (const stopping of running) stopping.abort(reason);
    },
  };
}
