import { readFile } from 'node:fs/promises';
import { waitUntil } from '../../harness/wait-until.ts';
import type { Scope } from '../process/scope.ts';
import { startProcess } from '../process/start-process.ts';
import type { Row } from '../row.ts';
import { baseline } from '../targets/baseline.ts';
import { hookpatch } from '../targets/hookpatch.ts';
import { type Surroundings, UNPACED_PER_MINUTE } from '../targets/target.ts';
import { type Ingested, ingestOnce, type Receivers } from './ingest-once.ts';
import { alternate, type Scenario } from './scenario.ts';

const EVENTS = 10_000;
const WARM_UP_EVENTS = 10_000;
const ROUNDS = 3;
const PROCESSES = 2;

/**
 * How many events one core of Redis takes: with one receiver the receiver is the limit. Redis runs commands on one thread, so a
 * second of its CPU is what a core of it has.
 */
export const twoReceivers: Scenario = {
  name: 'two-receivers',
  run: async (bench, scope) => {
    const surroundings = { redisUrl: bench.redis.url, platformUrl: '', ratePerMinute: UNPACED_PER_MINUTE };
    await bench.client.flushall();
    const ours = await startOurs(scope, surroundings);
    const theirs = await startBaselines(scope, surroundings);
    for (const receivers of [ours, theirs]) await ingestOnce(bench, receivers, 'warm-up', WARM_UP_EVENTS);
    const measure = (receivers: Receivers) => (round: number) => ingestOnce(bench, receivers, `two ${round}`, EVENTS);
    return rowsOf(await alternate(ROUNDS, { ours: measure(ours), baseline: measure(theirs) }));
  },
};

/** By its own means: `RECEIVER_PROCESSES`. */
async function startOurs(scope: Scope, surroundings: Surroundings): Promise<Receivers> {
  const spec = hookpatch.receiver(surroundings);
  const env = { ...spec.env, RECEIVER_PROCESSES: String(PROCESSES) };
  const { pid, port } = await scope.add(startProcess({ ...spec, env }));
  const children = await waitUntil(async () => {
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    const pids = text.trim().split(' ').filter(Boolean).map(Number);
    return pids.length === PROCESSES ? pids : null;
  });
  return { ports: [port], pids: [pid, ...children] };
}

async function startBaselines(scope: Scope, surroundings: Surroundings): Promise<Receivers> {
  const spec = baseline.receiver(surroundings);
  const started = [await scope.add(startProcess(spec)), await scope.add(startProcess(spec))];
  return { ports: started.map(({ port }) => port), pids: started.map(({ pid }) => pid) };
}

function rowsOf(samples: Record<'ours' | 'baseline', Ingested[]>): Row[] {
  const row = (metric: string, figure: (sample: Ingested) => number): Row => ({
    scenario: 'two-receivers',
    metric,
    ours: samples.ours.map(figure),
    reference: { name: 'baseline', samples: samples.baseline.map(figure) },
    goal: null,
  });
  return [
    row('accepted events/s, two receivers', ({ perSecond }) => perSecond),
    row('events/s that a core of Redis takes', ({ redisMicroseconds }) => 1e6 / redisMicroseconds),
  ];
}
