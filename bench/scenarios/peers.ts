import { type RunningProcess, startProcess } from '../process/start-process.ts';
import { atLeastTimes, type Goal, type Row } from '../row.ts';
import { hookpatch } from '../targets/hookpatch.ts';
import { bullmqBulk, nodeRed } from '../targets/peers.ts';
import { UNPACED_PER_MINUTE } from '../targets/target.ts';
import { type Ingested, ingestOnce } from './ingest-once.ts';
import { alternate, type Scenario } from './scenario.ts';

const EVENTS = 15_000;
/** Node-RED takes several times as long for one. */
const EVENTS_OF_NODE_RED = 4_000;
const ROUNDS = 3;

/** The same ingest work (verify the signature, store once) by other means that npm brings. */
export const peers: Scenario = {
  name: 'peers',
  run: async (bench, scope) => {
    const { redis, client } = bench;
    const bulk = await bullmqBulk();
    const flow = await nodeRed().catch((error: Error) => error);
    // Without a network the other scenarios still have their figures.
    if (flow instanceof Error) return [missingRow(flow)];
    await client.flushall();
    const surroundings = { redisUrl: redis.url, platformUrl: '', ratePerMinute: UNPACED_PER_MINUTE };
    const receivers = {
      ours: await scope.add(startProcess(hookpatch.receiver(surroundings))),
      flow: await scope.add(startProcess(flow.receiver(redis.url))),
      bulk: await scope.add(startProcess(bulk.receiver(redis.url))),
    };
    const measure =
      ({ port, pid }: RunningProcess, events: number) =>
      (round: number) =>
        ingestOnce(bench, { ports: [port], pids: [pid] }, `peers ${round}`, events);
    const runs = {
      ours: measure(receivers.ours, EVENTS),
      flow: measure(receivers.flow, EVENTS_OF_NODE_RED),
      bulk: measure(receivers.bulk, EVENTS),
    };
    for (const run of Object.values(runs)) await run(-1);
    const samples = await alternate(ROUNDS, runs);
    return [
      rowOf(samples.ours, flow.name, samples.flow, atLeastTimes(5, 'Node-RED')),
      rowOf(samples.ours, bulk.name, samples.bulk, null),
    ];
  },
};

function missingRow({ message }: Error): Row {
  return { scenario: 'peers', metric: 'accepted events/s', ours: [Number.NaN], reference: null, goal: null, note: message };
}

function rowOf(ours: readonly Ingested[], name: string, theirs: readonly Ingested[], goal: Goal | null): Row {
  const rates = (samples: readonly Ingested[]) => samples.map(({ perSecond }) => perSecond);
  return { scenario: 'peers', metric: 'accepted events/s', ours: rates(ours), reference: { name, samples: rates(theirs) }, goal };
}
