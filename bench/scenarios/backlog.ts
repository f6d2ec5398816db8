import { atMostTimes, below, type Row } from '../row.ts';
import { startSimulatedGenesys } from '../simulated-genesys.ts';
import type { Workload } from '../workload/plan.ts';
import type { Scenario } from './scenario.ts';
import { type Processed, runBacklog, startPair } from './service-pair.ts';

const EVENTS = 10_000;
const CONVERSATIONS = 500;
/** Genesys's 300 calls a minute, 30 times as fast. */
const RATE_LIMIT = { requests: 300, windowMs: 2_000 };
const LATENCY_MS = 20;
/**
 * hookpatch keeps to a budget a minute and sends some of it (1/240) at once; in a window as short as the scaled one such a
 * burst counts more, so that it is given less than 9,000 a minute: 33 at once and 131 a second are 295 in any 2 s.
 */
const RATE_PER_MINUTE = 8_000;
/** The baseline is stopped when it has taken so many times as long. */
const PATIENCE = 4.05;

/** How long a backlog takes when Genesys allows few calls. */
export const backlog: Scenario = {
  name: 'backlog',
  run: async (bench, scope) => {
    const genesys = await scope.add(startSimulatedGenesys({ latencyMs: LATENCY_MS, rateLimit: RATE_LIMIT }));
    const pair = await startPair(bench, scope, genesys, RATE_PER_MINUTE);
    const ours = await runBacklog(bench, genesys, pair.ours, WORKLOAD);
    if (ours.unfinished > 0) throw new Error(`hookpatch left ${ours.unfinished} conversations`);
    const theirs = await runBacklog(bench, genesys, pair.baseline, WORKLOAD, ours.seconds * PATIENCE * 1000);
    return rowsOf(ours, theirs);
  },
};

const WORKLOAD: Workload = { kind: 'steady', salt: 'backlog', events: EVENTS, conversations: CONVERSATIONS, perSecond: 1 };

function rowsOf(ours: Processed, theirs: Processed & { readonly unfinished: number }): Row[] {
  const stopped = `the baseline was stopped with ${theirs.unfinished.toLocaleString('en-US')} of ${EVENTS.toLocaleString('en-US')} events left; its time is that of the part it did`;
  const seconds: Row = {
    scenario: 'backlog',
    metric: 's until 10,000 events of 500 conversations are applied',
    ours: [ours.seconds],
    reference: { name: 'baseline', samples: [theirs.seconds] },
    goal: atMostTimes(0.25, 'baseline'),
  };
  return [
    theirs.unfinished > 0 ? { ...seconds, note: stopped } : seconds,
    {
      scenario: 'backlog',
      metric: '429s received',
      ours: [refused(ours)],
      reference: { name: 'baseline', samples: [refused(theirs)] },
      goal: below(1, ''),
    },
  ];
}

function refused({ calls }: Processed): number {
  return calls.filter(({ status }) => status === 429).length;
}
