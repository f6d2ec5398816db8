import type { Job } from 'bullmq';

/**
 * Renews the lock of one run of a job until the returned function is called. `lose` is called when the lock is lost: another run
 * of the job may have started, or soon will. That includes a lock that could not be renewed in its time, because Redis did not
 * reply or this process stood still.
 *
 * BullMQ renews locks by the id of the job. When a job is given back, and taken again in the same process before its first run
 * has ended, the end of the first run ends the renewal for the second one.
 */
export function holdLock(job: Job, token: string, lockDurationMs: number, lose: () => void): () => void {
  let end = setTimeout(loseLock, lockDurationMs - (Date.now() - (job.processedOn ?? Date.now())));
  const renewal = setInterval(() => void renew(), lockDurationMs / 3);
  let isHeld = true;

  function release(): void {
    isHeld = false;
    clearTimeout(end);
    clearInterval(renewal);
  }

  function loseLock(): void {
    release();
    lose();
  }

  async function renew(): Promise<void> {
    const askedAt = performance.now();
    // A failure is not the end: the lock lasts until the next renewal.
    const renewed = await job.extendLock(token, lockDurationMs).catch(() => null);
    if (!isHeld || renewed === null) return;
    if (renewed !== 1) return loseLock();
    clearTimeout(end);
    end = setTimeout(loseLock, lockDurationMs - (performance.now() - askedAt));
  }

  return release;
}
