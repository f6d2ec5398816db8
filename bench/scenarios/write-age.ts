import { agesOfWrites } from '../model/ages-of-writes.ts';
import { below, type Row } from '../row.ts';
import { median, percentile } from '../statistics.ts';
import type { Scenario } from './scenario.ts';

const BACKLOG = { ratePerMinute: 300, conversations: 50 };

/** How old the fetch is that a write rests on, when more is to be done than the rate allows. */
export const writeAge: Scenario = {
  name: 'write-age',
  run: async () => {
    const ours = await agesOfWrites({ ...BACKLOG, laneOf: (call) => (call === 'fetch' ? 'read' : 'write') });
    const oneLane = await agesOfWrites({ ...BACKLOG, laneOf: () => 'read' });
    const row = (name: string, figure: (ages: readonly number[]) => number): Row => ({
      scenario: 'write-age',
      metric: `${name} ms from fetch to write, backlog`,
      ours: [figure(ours)],
      reference: { name: 'one lane', samples: [figure(oneLane)] },
      goal: null,
    });
    return [{ ...row('p50', median), goal: below(500, 'ms') }, row('p99', (ages) => percentile(ages, 99))];
  },
};
