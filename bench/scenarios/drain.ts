import { atLeastTimes } from '../row.ts';
import { startSimulatedGenesys } from '../simulated-genesys.ts';
import { UNPACED_PER_MINUTE } from '../targets/target.ts';
import { alternate, type Scenario } from './scenario.ts';
import { runBacklog, type Service, startPair } from './service-pair.ts';

const EVENTS = 10_000;
const CONVERSATIONS = 1_000;
const WARM_UP_EVENTS = 1_000;
const LATENCY_MS = 20;
const ROUNDS = 2;

/** How fast one worker process takes a backlog of ten events a call away when Genesys sets no limit. */
export const drain: Scenario = {
  name: 'drain',
  run: async (bench, scope) => {
    const genesys = await scope.add(startSimulatedGenesys({ latencyMs: LATENCY_MS }));
    const pair = await startPair(bench, scope, genesys, UNPACED_PER_MINUTE);
    const perSecond = async (service: Service, salt: string, events: number) => {
      const workload = { kind: 'steady', salt, events, conversations: CONVERSATIONS, perSecond: 1 } as const;
      const { seconds } = await runBacklog(bench, genesys, service, workload);
      return events / seconds;
    };
    for (const service of Object.values(pair)) await perSecond(service, 'drain warm-up', WARM_UP_EVENTS);
    const samples = await alternate(ROUNDS, {
      ours: (round) => perSecond(pair.ours, `drain ${round}`, EVENTS),
      baseline: (round) => perSecond(pair.baseline, `drain ${round}`, EVENTS),
    });
    const reference = { name: 'baseline', samples: samples.baseline };
    return [
      {
        scenario: 'drain',
        metric: 'events/s, one worker process',
        ours: samples.ours,
        reference,
        goal: atLeastTimes(5, 'baseline'),
      },
    ];
  },
};
