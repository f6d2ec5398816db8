import { performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { createRandom } from '../chaos/random.ts';
import { ALL_TARGETS } from './all-targets.ts';
import type { FuzzJob, FuzzMessage, TargetReport } from './fuzz-job.ts';
import type { FuzzTarget } from './target.ts';

/** A worker thread, so that an input that hangs, or takes all memory, ends this thread and not who watches it. */
const { inputs, seed, only, first, progress } = workerData as FuzzJob;
const at = new Int32Array(progress);

for (const [index, target] of ALL_TARGETS.entries()) {
  if (only !== null && target.name !== only) continue;
  at[0] = index;
  const count = only === null ? Math.round(inputs * target.share) : inputs;
  const message = await runTarget(target, count);
  parentPort?.postMessage(message);
  if (message.kind === 'bug') break;
}

async function runTarget(target: FuzzTarget, count: number): Promise<FuzzMessage> {
  const report: TargetReport = {
    target: target.name,
    inputs: count,
    taken: 0,
    seconds: 0,
    slowestMs: 0,
    slowestInput: first,
    heapMb: 0,
  };
  const startedAt = performance.now();
  for (let input = first; input < first + count; input += 1) {
    at[1] = input;
    const trial = target.createTrial(createRandom(seed + Math.imul(input, 0x9e3779b1)));
    const triedAt = performance.now();
    try {
      const taken = trial.holds();
      // Most targets need no event loop, which costs more than they do.
      if (taken === true || (taken !== false && (await taken))) report.taken += 1;
    } catch (error) {
      return { kind: 'bug', target: target.name, input, shown: trial.show(), error: (error as Error).stack ?? String(error) };
    }
    const ms = performance.now() - triedAt;
    if (ms > report.slowestMs) Object.assign(report, { slowestMs: ms, slowestInput: input });
  }
  report.seconds = (performance.now() - startedAt) / 1000;
  report.heapMb = process.memoryUsage().heapUsed / 2 ** 20;
  return { kind: 'report', report };
}
