import { withScope } from '../process/scope.ts';
import { startProcess } from '../process/start-process.ts';
import { below } from '../row.ts';
import { startSimulatedGenesys } from '../simulated-genesys.ts';
import { startedByNpm } from '../targets/hookpatch.ts';
import { UNPACED_PER_MINUTE } from '../targets/target.ts';
import type { Scenario } from './scenario.ts';

const ROUNDS = 3;

/** From `npm start` until the service with both roles says that it is ready, its token obtained. */
export const start: Scenario = {
  name: 'start',
  run: async (bench, scope) => {
    const genesys = await scope.add(startSimulatedGenesys({ latencyMs: 0 }));
    const surroundings = { redisUrl: bench.redis.url, platformUrl: genesys.url, ratePerMinute: UNPACED_PER_MINUTE };
    const ours: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await withScope(async (starting) => {
        const { readyAfterMs } = await starting.add(startProcess(startedByNpm(surroundings)));
        ours.push(readyAfterMs / 1000);
      });
    }
    return [{ scenario: 'start', metric: 's from npm start to ready', ours, reference: null, goal: below(1.5, 's') }];
  },
};
