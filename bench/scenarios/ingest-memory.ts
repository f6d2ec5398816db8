import { type Collection, openGcLog } from '../process/gc-log.ts';
import type { Scope } from '../process/scope.ts';
import { startProcess } from '../process/start-process.ts';
import type { Row } from '../row.ts';
import { baseline } from '../targets/baseline.ts';
import { hookpatch } from '../targets/hookpatch.ts';
import { type Target, UNPACED_PER_MINUTE } from '../targets/target.ts';
import { alternate, type Bench, CONNECTIONS, type Scenario } from './scenario.ts';

const PER_SECOND = 1_000;
const SECONDS = 4;
const CONVERSATIONS = 2_000;
const ROUNDS = 2;
const WARM_UP_EVENTS = 10_000;

type Measure = (salt: string) => Promise<readonly Collection[]>;

/** What a receiver allocates at a rate far below the most, and how long it stops for that. */
export const ingestMemory: Scenario = {
  name: 'ingest-memory',
  run: async (bench, scope) => {
    await bench.client.flushall();
    const ours = await openTarget(bench, scope, hookpatch);
    const theirs = await openTarget(bench, scope, baseline);
    const samples = await alternate(ROUNDS, {
      ours: (round) => ours(`memory ${round}`),
      baseline: (round) => theirs(`memory ${round}`),
    });
    return rowsOf(samples);
  },
};

/** As fast as it goes first: a second at the measured rate would leave much of a receiver uncompiled. */
async function openTarget(bench: Bench, scope: Scope, target: Target): Promise<Measure> {
  const log = await scope.add(openGcLog());
  const surroundings = { redisUrl: bench.redis.url, platformUrl: '', ratePerMinute: UNPACED_PER_MINUTE };
  const { port } = await scope.add(startProcess(log.observe(target.receiver(surroundings))));
  const prepare = (salt: string, events: number) =>
    bench.load.prepare({ kind: 'steady', salt, events, conversations: CONVERSATIONS, perSecond: PER_SECOND });
  await prepare('warm-up', WARM_UP_EVENTS);
  await bench.load.runClosed([port], CONNECTIONS);
  return async (salt) => {
    await bench.client.flushall();
    await prepare(salt, PER_SECOND * SECONDS);
    await log.read();
    await bench.load.runOpen(port, CONNECTIONS);
    return log.read();
  };
}

function rowsOf(samples: Record<'ours' | 'baseline', (readonly Collection[])[]>): Row[] {
  const row = (metric: string, figure: (collections: readonly Collection[]) => number): Row => ({
    scenario: 'ingest-memory',
    metric: `${metric} at 1,000 events/s`,
    ours: samples.ours.map(figure),
    reference: { name: 'baseline', samples: samples.baseline.map(figure) },
    goal: null,
  });
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

function sequenceOf(rounds: readonly (readonly Collection[])[]): string {
  const one = ({ kind, survived }: Collection) => (kind === 'old' ? '|' : (survived / 1e6).toFixed(1));
  return rounds.map((collections) => collections.map(one).join(' ') || 'none').join(' / ');
}
