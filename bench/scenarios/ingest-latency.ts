import { type Collection, openGcLog } from '../process/gc-log.ts';
import type { Scope } from '../process/scope.ts';
import { startProcess } from '../process/start-process.ts';
import { atMostTimes, type Goal, type Row } from '../row.ts';
import { percentile } from '../statistics.ts';
import { baseline } from '../targets/baseline.ts';
import { hookpatch } from '../targets/hookpatch.ts';
import { type Target, UNPACED_PER_MINUTE } from '../targets/target.ts';
import { alternate, type Bench, CONNECTIONS, type Scenario } from './scenario.ts';

const PER_SECOND = 1_000;
const SECONDS = 4;
const CONVERSATIONS = 2_000;
const ROUNDS = 3;
const WARM_UP_EVENTS = 10_000;

interface Measured {
  readonly latenciesMs: readonly number[];
  /** Those of the receiver meanwhile. */
  readonly collections: readonly Collection[];
}

type Samples = Record<'ours' | 'baseline', Measured[]>;

/** At a rate far below the most: how long a sender waits for its 202, what the receiver allocates, and how long it stops for that. */
export const ingestLatency: Scenario = {
  name: 'ingest-latency',
  run: async (bench, scope) => {
    await bench.client.flushall();
    const ours = await openTarget(bench, scope, hookpatch);
    const theirs = await openTarget(bench, scope, baseline);
    const samples = await alternate(ROUNDS, {
      ours: (round) => ours(`latency ${round}`),
      baseline: (round) => theirs(`latency ${round}`),
    });
    return [
      latencyRow(samples, 50, atMostTimes(1.1, 'baseline')),
      latencyRow(samples, 99, atMostTimes(1.3, 'baseline')),
      latencyRow(samples, 99.9, null),
      ...memoryRows(samples),
    ];
  },
};

/** As fast as it goes first: a second at the measured rate would leave much of a receiver uncompiled. */
async function openTarget(
  { load, redis, client }: Bench,
  scope: Scope,
  target: Target,
): Promise<(salt: string) => Promise<Measured>> {
  const log = await scope.add(openGcLog());
  const surroundings = { redisUrl: redis.url, platformUrl: '', ratePerMinute: UNPACED_PER_MINUTE };
  const { port } = await scope.add(startProcess(log.observe(target.receiver(surroundings))));
  const prepare = (salt: string, events: number) =>
    load.prepare({ kind: 'steady', salt, events, conversations: CONVERSATIONS, perSecond: PER_SECOND });
  await prepare('warm-up', WARM_UP_EVENTS);
  await load.runClosed([port], CONNECTIONS);
  return async (salt) => {
    await client.flushall();
    await prepare(salt, PER_SECOND * SECONDS);
    await log.read();
    const { latenciesMs } = await load.runOpen(port, CONNECTIONS);
    return { latenciesMs, collections: await log.read() };
  };
}

function rowOf(samples: Samples, metric: string, figure: (measured: Measured) => number, goal: Goal | null): Row {
  return {
    scenario: 'ingest-latency',
    metric: `${metric} at ${PER_SECOND.toLocaleString('en-US')} events/s`,
    ours: samples.ours.map(figure),
    reference: { name: 'baseline', samples: samples.baseline.map(figure) },
    goal,
  };
}

function latencyRow(samples: Samples, percent: number, goal: Goal | null): Row {
  return rowOf(samples, `p${percent} ms`, ({ latenciesMs }) => percentile(latenciesMs, percent), goal);
}

function memoryRows(samples: Samples): Row[] {
  const row = (metric: string, figure: (collections: readonly Collection[]) => number) =>
    rowOf(samples, metric, ({ collections }) => figure(collections), null);
  const survivors = {
    ...row('kB surviving/event', (all) => perEvent(all, 'survived')),
    note: `MB surviving each young collection, one after the other ("|" an old collection, "/" the next round): ${sequenceOf(samples.ours)}; baseline ${sequenceOf(samples.baseline)}`,
  };
  return [
    row('kB allocated/event', (all) => perEvent(all, 'allocated')),
    survivors,
    row('ms of pauses/s', (all) => all.reduce((sum, { pauseMs }) => sum + pauseMs, 0) / SECONDS),
    row('longest pause ms', (all) => Math.max(0, ...all.map(({ pauseMs }) => pauseMs))),
  ];
}

function perEvent(collections: readonly Collection[], part: 'allocated' | 'survived'): number {
  return collections.reduce((sum, collection) => sum + collection[part], 0) / (PER_SECOND * SECONDS) / 1_000;
}

function sequenceOf(rounds: readonly Measured[]): string {
  const one = ({ kind, survived }: Collection) => (kind === 'old' ? '|' : (survived / 1e6).toFixed(1));
  return rounds.map(({ collections }) => collections.map(one).join(' ') || 'none').join(' / ');
}
