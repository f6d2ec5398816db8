import { withScope } from '../process/scope.ts';
import type { Row } from '../row.ts';
import { type SimulatedGenesys, startSimulatedGenesys } from '../simulated-genesys.ts';
import { hookpatch } from '../targets/hookpatch.ts';
import { UNPACED_PER_MINUTE } from '../targets/target.ts';
import { alternate, type Bench, type Scenario } from './scenario.ts';
import { runBacklog, startTarget } from './service-pair.ts';

const LATENCY_MS = 100;
const EVENTS_PER_WORKER = 4_000;
const WARM_UP_EVENTS_PER_WORKER = 500;
const EVENTS_PER_CONVERSATION = 10;
const ROUNDS = 2;

/** Whether twice the worker processes do twice the work; the API's latency leaves CPU for all of them. */
export const scale: Scenario = {
  name: 'scale',
  run: async (bench, scope) => {
    const genesys = await scope.add(startSimulatedGenesys({ latencyMs: LATENCY_MS }));
    const samples = await alternate(ROUNDS, {
      one: (round) => perSecond(bench, genesys, 1, round),
      two: (round) => perSecond(bench, genesys, 2, round),
      four: (round) => perSecond(bench, genesys, 4, round),
    });
    return [rowOf(1, samples.one, samples.one), rowOf(2, samples.two, samples.one), rowOf(4, samples.four, samples.one)];
  },
};

async function perSecond(bench: Bench, genesys: SimulatedGenesys, workers: number, round: number): Promise<number> {
  return withScope(async (scope) => {
    await bench.client.flushall();
    const surroundings = { redisUrl: bench.redis.url, platformUrl: genesys.url, ratePerMinute: UNPACED_PER_MINUTE };
    const service = await startTarget(hookpatch, scope, surroundings, workers);
    const backlog = (name: string, events: number) => {
      const conversations = events / EVENTS_PER_CONVERSATION;
      const salt = `scale ${name} ${workers} ${round}`;
      return runBacklog(bench, genesys, service, { kind: 'steady', salt, events, conversations, perSecond: 1 });
    };
    await backlog('warm-up', workers * WARM_UP_EVENTS_PER_WORKER);
    const events = workers * EVENTS_PER_WORKER;
    const { seconds } = await backlog('measured', events);
    return events / seconds;
  });
}

function rowOf(workers: number, ours: readonly number[], alone: readonly number[]): Row {
  const metric = `events/s, ${workers} worker ${workers === 1 ? 'process' : 'processes'}`;
  if (workers === 1) return { scenario: 'scale', metric, ours, reference: null, goal: null };
  const linear = { name: `${workers} x one`, samples: alone.map((sample) => sample * workers) };
  const holds = ({ ratio }: { ratio: number | null }) => ratio !== null && ratio >= 0.9;
  return { scenario: 'scale', metric, ours, reference: linear, goal: { text: '>= 0.9 of linear', holds } };
}
