import { Worker } from 'node:worker_threads';
import { ALL_TARGETS } from './all-targets.ts';
import type { FuzzJob, FuzzMessage, TargetReport } from './fuzz-job.ts';

/** One input takes milliseconds; who needs this long hangs. */
const HANG_MS = 30_000;
/** Far above what the parsers need for one input, and far below what a leak over a million inputs would take. */
const MOST_HEAP_MB = 256;

export type FuzzOptions = Pick<FuzzJob, 'inputs' | 'seed'> & Partial<Pick<FuzzJob, 'only' | 'first'>>;

/** An input that breaks a property, hangs, or takes too much memory; the message says how to try it again. */
export class FuzzFinding extends Error {
  override readonly name = 'FuzzFinding';
}

/**
 * Tries the inputs, target by target.
 * @throws FuzzFinding for the first bug
 */
export async function runFuzz(options: FuzzOptions): Promise<readonly TargetReport[]> {
  const progress = new SharedArrayBuffer(8);
  const job: FuzzJob = { only: null, first: 0, ...options, progress };
  const worker = new Worker(new URL('./fuzz-worker.ts', import.meta.url), {
    workerData: job,
    resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MB },
  });
  const place = () => placeOf(job, new Int32Array(progress));
  const reports: TargetReport[] = [];
  const outcome = Promise.withResolvers<void>();
  worker.on('message', (message: FuzzMessage) => {
    if (message.kind === 'report') reports.push(message.report);
    else outcome.reject(new FuzzFinding(`${message.error}\n${place()}\ninput: ${message.shown}`));
  });
  worker.on('error', (error) => outcome.reject(new FuzzFinding(`the parser's thread ended: ${error.message}\n${place()}`)));
  worker.on('exit', () => outcome.resolve());
  const stopWatching = watchForHang(progress, () => outcome.reject(new FuzzFinding(`no end after ${HANG_MS} ms\n${place()}`)));
  try {
    await outcome.promise;
    return reports;
  } finally {
    stopWatching();
    await worker.terminate();
  }
}

function watchForHang(progress: SharedArrayBuffer, report: () => void): () => void {
  const at = new Int32Array(progress);
  let last = '';
  const timer = setInterval(() => {
    const now = at.join();
    if (now === last) report();
    last = now;
  }, HANG_MS);
  return () => clearInterval(timer);
}

function placeOf({ seed }: FuzzJob, [target = 0, input = 0]: Int32Array): string {
  return `again: npm run test:fuzz -- --seed ${seed} --only '${ALL_TARGETS[target]?.name}' --first ${input} --inputs 1`;
}
