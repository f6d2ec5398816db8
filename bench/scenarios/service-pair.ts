import { waitUntil } from '../../harness/wait-until.ts';
import type { OpenLoopResult } from '../load/open-loop.ts';
import type { Scope } from '../process/scope.ts';
import { type RunningProcess, startProcess } from '../process/start-process.ts';
import { cpuDuring } from '../process/usage.ts';
import type { RecordedCall, SimulatedGenesys } from '../simulated-genesys.ts';
import { baseline } from '../targets/baseline.ts';
import { hookpatch } from '../targets/hookpatch.ts';
import { type Surroundings, type Target, withQueue } from '../targets/target.ts';
import { conversationIdsOf, type Workload } from '../workload/plan.ts';
import { type Bench, CONNECTIONS } from './scenario.ts';

/** A target that runs: a receiver and its workers. */
export interface Service {
  readonly target: Target;
  readonly receiver: RunningProcess;
  readonly workers: readonly RunningProcess[];
}

export interface Processed {
  readonly seconds: number;
  readonly calls: readonly RecordedCall[];
}

export interface DrainedBacklog extends Processed {
  /** CPU of Redis. */
  readonly redisSeconds: number;
  readonly unfinished: number;
}

const PROCESSED_TIMEOUT_MS = 120_000;

/** hookpatch and the baseline side by side, with the same Redis, the same simulator and as many processes. */
export async function startPair(bench: Bench, scope: Scope, genesys: SimulatedGenesys, ratePerMinute: number) {
  const surroundings = { redisUrl: bench.redis.url, platformUrl: genesys.url, ratePerMinute };
  await bench.client.flushall();
  const start = (target: Target) => startTarget(target, scope, surroundings);
  const [ours, theirs] = await Promise.all([start(hookpatch), start(baseline)]);
  return { ours, baseline: theirs };
}

export async function startTarget(target: Target, scope: Scope, surroundings: Surroundings, workers = 1): Promise<Service> {
  const [receiver, ...started] = await Promise.all([
    scope.add(startProcess(target.receiver(surroundings))),
    ...Array.from({ length: workers }, () => scope.add(startProcess(target.worker(surroundings)))),
  ]);
  return { target, receiver, workers: started };
}

/** Sends the workload on its schedule, and waits until everything is processed. */
export async function runScheduled(
  bench: Bench,
  genesys: SimulatedGenesys,
  { target, receiver }: Service,
  workload: Workload,
): Promise<Processed & OpenLoopResult> {
  await genesys.begin(conversationIdsOf(workload));
  await bench.load.prepare(workload);
  const startedAt = performance.now();
  const sent = await bench.load.runOpen(receiver.port, CONNECTIONS);
  await untilProcessed(bench, target);
  return { ...sent, seconds: (performance.now() - startedAt) / 1000, calls: await genesys.calls() };
}

/** Fills the queue while the workers are held back, and measures from their release until everything is processed. */
export async function runBacklog(
  bench: Bench,
  genesys: SimulatedGenesys,
  { target, receiver }: Service,
  workload: Workload,
  limitMs = PROCESSED_TIMEOUT_MS,
): Promise<DrainedBacklog> {
  await genesys.begin(conversationIdsOf(workload));
  await withQueue(target, bench.client, (queue) => queue.pause());
  await bench.load.prepare(workload);
  await bench.load.runClosed([receiver.port], CONNECTIONS);
  await withQueue(target, bench.client, (queue) => queue.resume());
  const startedAt = performance.now();
  const { result: unfinished, cpu } = await cpuDuring({ redis: [bench.redis.pid] }, () => untilProcessed(bench, target, limitMs));
  const seconds = (performance.now() - startedAt) / 1000;
  return { seconds, redisSeconds: cpu.redis.all, calls: await genesys.calls(), unfinished };
}

/**
 * Answers how much is unfinished after `limitMs`: 0 when all is done.
 * @throws Error when an event was given up: then the figure would be of less work than was asked for
 */
async function untilProcessed({ client }: Bench, target: Target, limitMs = PROCESSED_TIMEOUT_MS): Promise<number> {
  const deadline = performance.now() + limitMs;
  const unfinished = await waitUntil(
    async () => {
      const count = await target.countUnfinished(client);
      return count === 0 || performance.now() > deadline ? { count } : null;
    },
    { timeoutMs: limitMs + 5_000, intervalMs: 10, what: `${target.name} to process everything` },
  );
  const failed = await target.countFailed(client);
  if (failed > 0) throw new Error(`${target.name} gave up ${failed} events`);
  return unfinished.count;
}
