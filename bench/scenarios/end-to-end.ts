import { atMostTimes, type Goal, type Row } from '../row.ts';
import { type RecordedCall, startSimulatedGenesys } from '../simulated-genesys.ts';
import { percentile } from '../statistics.ts';
import { UNPACED_PER_MINUTE } from '../targets/target.ts';
import { planEvents, type Workload } from '../workload/plan.ts';
import { alternate, type Bench, type Scenario } from './scenario.ts';
import { runScheduled, type Service, startPair } from './service-pair.ts';

const LATENCY_MS = 40;
const PER_SECOND = 100;
const EVENTS = 300;
const ROUNDS = 3;

/**
 * From when an event was to be sent until Genesys had its change, without the API time of the fetch before it. Every event is
 * of another conversation, so exactly one fetch precedes its change.
 */
export const endToEnd: Scenario = {
  name: 'end-to-end',
  run: async (bench, scope) => {
    const genesys = await scope.add(startSimulatedGenesys({ latencyMs: LATENCY_MS }));
    const pair = await startPair(bench, scope, genesys, UNPACED_PER_MINUTE);
    const measure = (service: Service) => (round: number) => overheadsMs(bench, genesys, service, workloadOf(`${round}`));
    for (const service of Object.values(pair)) await overheadsMs(bench, genesys, service, workloadOf('warm-up'));
    const samples = await alternate(ROUNDS, { ours: measure(pair.ours), baseline: measure(pair.baseline) });
    return [50, 99].map((percent) => rowOf(samples, percent));
  },
};

function workloadOf(salt: string): Workload {
  return { kind: 'steady', salt: `end-to-end ${salt}`, events: EVENTS, conversations: EVENTS, perSecond: PER_SECOND };
}

async function overheadsMs(
  bench: Bench,
  genesys: Parameters<typeof runScheduled>[1],
  service: Service,
  workload: Workload,
): Promise<number[]> {
  const { scheduledAt, calls } = await runScheduled(bench, genesys, service, workload);
  const written = new Map(calls.filter(isWrite).map(({ conversationId, at }) => [conversationId, at]));
  return planEvents(workload).map(({ conversationId }, index) => {
    const appliedAt = written.get(conversationId);
    const sentAt = scheduledAt[index];
    if (appliedAt === undefined || sentAt === undefined)
      throw new Error(`${service.target.name} did not change ${conversationId}`);
    return appliedAt - sentAt - LATENCY_MS;
  });
}

function isWrite({ call, status }: RecordedCall): boolean {
  return call === 'patch-attributes' && status === 202;
}

const P99_GOAL: Goal = {
  text: '< 10 ms and <= 1.3 x baseline',
  holds: ({ ours, ratio }) => ours < 10 && ratio !== null && ratio <= 1.3,
};

function rowOf(samples: Record<'ours' | 'baseline', number[][]>, percent: number): Row {
  const of = (rounds: readonly number[][]) => rounds.map((overheads) => percentile(overheads, percent));
  return {
    scenario: 'end-to-end',
    metric: `p${percent} ms from receipt to applied, without API time`,
    ours: of(samples.ours),
    reference: { name: 'baseline', samples: of(samples.baseline) },
    goal: percent === 99 ? P99_GOAL : atMostTimes(1.1, 'baseline'),
  };
}
