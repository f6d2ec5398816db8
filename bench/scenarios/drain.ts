import { atLeastTimes, atMostTimes, type Goal, type Row } from '../row.ts';
import { startSimulatedGenesys } from '../simulated-genesys.ts';
import { UNPACED_PER_MINUTE } from '../targets/target.ts';
import { alternate, type Scenario } from './scenario.ts';
import { runBacklog, type Service, startPair } from './service-pair.ts';

/** Ten events a conversation. */
const BURST = { events: 5_000, conversations: 500 };
const ONE_BY_ONE = { events: 1_500, conversations: 1_500 };
const WARM_UP = { events: 1_000, conversations: 1_000 };
const LATENCY_MS = 20;
const ROUNDS = 2;

interface Drained {
  readonly perSecond: number;
  /** CPU of Redis for one event, from the release of the workers until everything is processed. */
  readonly redisMicroseconds: number;
}

/** How fast one worker process takes a backlog away when Genesys sets no limit, and what that costs Redis. */
export const drain: Scenario = {
  name: 'drain',
  run: async (bench, scope) => {
    const genesys = await scope.add(startSimulatedGenesys({ latencyMs: LATENCY_MS }));
    const pair = await startPair(bench, scope, genesys, UNPACED_PER_MINUTE);
    const drainOnce = async (service: Service, salt: string, size: typeof BURST): Promise<Drained> => {
      const { seconds, redisSeconds } = await runBacklog(bench, genesys, service, {
        kind: 'steady',
        salt,
        ...size,
        perSecond: 1,
      });
      return { perSecond: size.events / seconds, redisMicroseconds: (redisSeconds * 1e6) / size.events };
    };
    for (const service of Object.values(pair)) await drainOnce(service, 'drain warm-up', WARM_UP);
    const contestants = (name: string, size: typeof BURST) => ({
      ours: (round: number) => drainOnce(pair.ours, `drain ${name} ${round}`, size),
      baseline: (round: number) => drainOnce(pair.baseline, `drain ${name} ${round}`, size),
    });
    const burst = await alternate(ROUNDS, contestants('burst', BURST));
    const oneByOne = await alternate(ROUNDS, contestants('one by one', ONE_BY_ONE));
    return [
      rowOf('events/s, one worker process', burst, 'perSecond', atLeastTimes(6, 'baseline')),
      rowOf('CPU us/processed event, Redis, burst', burst, 'redisMicroseconds', atMostTimes(0.3, 'baseline')),
      rowOf('CPU us/processed event, Redis, one by one', oneByOne, 'redisMicroseconds', atMostTimes(1, 'baseline')),
    ];
  },
};

function rowOf(metric: string, samples: Record<'ours' | 'baseline', Drained[]>, figure: keyof Drained, goal: Goal): Row {
  const of = (name: 'ours' | 'baseline') => samples[name].map((sample) => sample[figure]);
  return { scenario: 'drain', metric, ours: of('ours'), reference: { name: 'baseline', samples: of('baseline') }, goal };
}
