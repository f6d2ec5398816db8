import { startProcess } from '../process/start-process.ts';
import { atMostTimes, type Goal, type Row } from '../row.ts';
import { percentile } from '../statistics.ts';
import { baseline } from '../targets/baseline.ts';
import { hookpatch } from '../targets/hookpatch.ts';
import { UNPACED_PER_MINUTE } from '../targets/target.ts';
import { alternate, type Bench, CONNECTIONS, type Scenario } from './scenario.ts';

const PER_SECOND = 1_000;
const SECONDS = 3;
const CONVERSATIONS = 2_000;
const ROUNDS = 3;
const WARM_UP_EVENTS = 10_000;

/** How long a sender waits for its 202, at a rate far below the most. */
export const ingestLatency: Scenario = {
  name: 'ingest-latency',
  run: async (bench, scope) => {
    const surroundings = { redisUrl: bench.redis.url, platformUrl: '', ratePerMinute: UNPACED_PER_MINUTE };
    await bench.client.flushall();
    const ours = await scope.add(startProcess(hookpatch.receiver(surroundings)));
    const theirs = await scope.add(startProcess(baseline.receiver(surroundings)));
    for (const { port } of [ours, theirs]) await warmUp(bench, port);
    const samples = await alternate(ROUNDS, {
      ours: (round) => measureOnce(bench, ours.port, `latency ${round}`),
      baseline: (round) => measureOnce(bench, theirs.port, `latency ${round}`),
    });
    return [
      row(samples, 50, atMostTimes(1.1, 'baseline')),
      row(samples, 99, atMostTimes(1.3, 'baseline')),
      row(samples, 99.9, null),
    ];
  },
};

/** As fast as it goes: a second at the measured rate would leave much of either receiver uncompiled. */
async function warmUp({ load }: Bench, port: number): Promise<void> {
  const events = WARM_UP_EVENTS;
  await load.prepare({ kind: 'steady', salt: 'warm-up', events, conversations: CONVERSATIONS, perSecond: PER_SECOND });
  await load.runClosed([port], CONNECTIONS);
}

async function measureOnce({ load, client }: Bench, port: number, salt: string): Promise<readonly number[]> {
  await client.flushall();
  const events = PER_SECOND * SECONDS;
  await load.prepare({ kind: 'steady', salt, events, conversations: CONVERSATIONS, perSecond: PER_SECOND });
  const { latenciesMs } = await load.runOpen(port, CONNECTIONS);
  return latenciesMs;
}

function row(samples: Record<'ours' | 'baseline', (readonly number[])[]>, percent: number, goal: Goal | null): Row {
  const of = (rounds: readonly (readonly number[])[]) => rounds.map((latencies) => percentile(latencies, percent));
  return {
    scenario: 'ingest-latency',
    metric: `p${percent} ms at ${PER_SECOND.toLocaleString('en-US')} events/s`,
    ours: of(samples.ours),
    reference: { name: 'baseline', samples: of(samples.baseline) },
    goal,
  };
}
