import type { Scope } from '../process/scope.ts';
import { type ProcessSpec, startProcess } from '../process/start-process.ts';
import { atLeastTimes, atMostTimes, type Goal, type Row } from '../row.ts';
import { baseline, floor } from '../targets/baseline.ts';
import { hookpatch } from '../targets/hookpatch.ts';
import { bullmqBulk, nodeRed, type Peer } from '../targets/peers.ts';
import { UNPACED_PER_MINUTE } from '../targets/target.ts';
import { type Ingested, ingestOnce } from './ingest-once.ts';
import { alternate, type Bench, type Scenario } from './scenario.ts';

const EVENTS = 10_000;
/** It takes several times as long for one. */
const EVENTS_OF_NODE_RED = 3_000;
const ROUNDS = 3;
const WARM_UP = -1;

const NOT_MEASURED: Ingested = {
  perSecond: Number.NaN,
  receiverMicroseconds: Number.NaN,
  mainThreadMicroseconds: Number.NaN,
  redisMicroseconds: Number.NaN,
};

type Contestant = 'ours' | 'baseline' | 'verify' | 'accept' | 'bulk' | 'flow';

/**
 * How many events a second a receiver makes durable, with nobody taking them out, and the CPU that it costs. It is compared with the
 * baseline, with programs that do less, and with other means that npm brings.
 */
export const ingest: Scenario = {
  name: 'ingest',
  run: async (bench, scope) => {
    const bulk = await bullmqBulk();
    const flow = await nodeRed().catch((error: Error) => error);
    const runs = await startReceivers(bench, scope, bulk, flow);
    for (const run of Object.values(runs)) await run(WARM_UP);
    return rowsOf(await alternate(ROUNDS, runs), bulk, flow);
  },
};

async function startReceivers(bench: Bench, scope: Scope, bulk: Peer, flow: Peer | Error) {
  const { redis, client } = bench;
  const surroundings = { redisUrl: redis.url, platformUrl: '', ratePerMinute: UNPACED_PER_MINUTE };
  await client.flushall();
  const start = async (spec: ProcessSpec, events = EVENTS) => {
    const { port, pid } = await scope.add(startProcess(spec));
    return (round: number) => ingestOnce(bench, { ports: [port], pids: [pid] }, `ingest ${round}`, events);
  };
  const [ours, theirs, verify, accept, bulkRun, flowRun] = await Promise.all([
    start(hookpatch.receiver(surroundings)),
    start(baseline.receiver(surroundings)),
    start(floor('verify')),
    start(floor('accept')),
    start(bulk.receiver(redis.url)),
    // Without a network there may be no Node-RED; the other figures need none.
    flow instanceof Error ? async () => NOT_MEASURED : start(flow.receiver(redis.url), EVENTS_OF_NODE_RED),
  ]);
  return { ours, baseline: theirs, verify, accept, bulk: bulkRun, flow: flowRun };
}

function rowsOf(samples: Record<Contestant, Ingested[]>, bulk: Peer, flow: Peer | Error): Row[] {
  const row = (metric: string, figure: keyof Ingested, of: Contestant, name: string, goal: Goal | null): Row => ({
    scenario: 'ingest',
    metric,
    ours: samples.ours.map((sample) => sample[figure]),
    reference: { name, samples: samples[of].map((sample) => sample[figure]) },
    goal,
  });
  const rate = 'accepted events/s';
  const flowRow = row(rate, 'perSecond', 'flow', flow instanceof Error ? 'Node-RED' : flow.name, atLeastTimes(5, 'Node-RED'));
  return [
    row(rate, 'perSecond', 'baseline', 'baseline', atLeastTimes(1.1, 'baseline')),
    row(rate, 'perSecond', 'verify', 'verify only', null),
    row(rate, 'perSecond', 'accept', 'accept only', null),
    flow instanceof Error ? { ...flowRow, note: flow.message } : flowRow,
    row(rate, 'perSecond', 'bulk', bulk.name, null),
    row('CPU us/event, receiver', 'receiverMicroseconds', 'baseline', 'baseline', atMostTimes(0.9, 'baseline')),
    row("CPU us/event, receiver's main thread", 'mainThreadMicroseconds', 'baseline', 'baseline', null),
    row('CPU us/event, Redis', 'redisMicroseconds', 'baseline', 'baseline', atMostTimes(0.4, 'baseline')),
  ];
}
