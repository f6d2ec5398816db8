import { atMostTimes, type Goal } from '../row.ts';
import { startSimulatedGenesys } from '../simulated-genesys.ts';
import { UNPACED_PER_MINUTE } from '../targets/target.ts';
import { planEvents, type Workload } from '../workload/plan.ts';
import { alternate, type Scenario } from './scenario.ts';
import { runScheduled, type Service, startPair } from './service-pair.ts';

const LATENCY_MS = 40;

/** The events of a call within a tenth of a second. */
export const economyBurst = economy({
  name: 'economy-burst',
  rounds: 2,
  workload: (salt) => ({ kind: 'calls', salt, calls: 100, gapMs: 10, staggerMs: 20 }),
  goal: atMostTimes(0.25, 'baseline'),
});

/**
 * The events of a call so far apart that each is done before the next comes. Half a second stands for seconds to minutes:
 * what counts is that nothing can be merged.
 */
export const economySpread = economy({
  name: 'economy-spread',
  rounds: 1,
  workload: (salt) => ({ kind: 'calls', salt, calls: 80, gapMs: 500, staggerMs: 10 }),
  goal: atMostTimes(1.25, 'baseline'),
});

interface EconomyOptions {
  readonly name: string;
  readonly rounds: number;
  readonly workload: (salt: string) => Workload;
  readonly goal: Goal;
}

/** How many calls of the Platform API an event costs. */
function economy({ name, rounds, workload, goal }: EconomyOptions): Scenario {
  return {
    name,
    run: async (bench, scope) => {
      const genesys = await scope.add(startSimulatedGenesys({ latencyMs: LATENCY_MS }));
      const pair = await startPair(bench, scope, genesys, UNPACED_PER_MINUTE);
      const measure = (service: Service) => async (round: number) => {
        const sent = workload(`${name} ${round}`);
        const { calls } = await runScheduled(bench, genesys, service, sent);
        return calls.length / planEvents(sent).length;
      };
      const samples = await alternate(rounds, { ours: measure(pair.ours), baseline: measure(pair.baseline) });
      const reference = { name: 'baseline', samples: samples.baseline };
      return [{ scenario: name, metric: 'Genesys calls/event', ours: samples.ours, reference, goal }];
    },
  };
}
