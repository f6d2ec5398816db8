import type { Scope } from '../process/scope.ts';
import { type RunningProcess, startProcess } from '../process/start-process.ts';
import { atLeastTimes, atMostTimes, type Goal, type Row } from '../row.ts';
import { baseline, floor } from '../targets/baseline.ts';
import { hookpatch } from '../targets/hookpatch.ts';
import { UNPACED_PER_MINUTE } from '../targets/target.ts';
import { type Ingested, ingestOnce, type Receivers } from './ingest-once.ts';
import { alternate, type Bench, type Scenario } from './scenario.ts';

const EVENTS = 15_000;
const WARM_UP_EVENTS = 10_000;
const ROUNDS = 3;

/** How many events a second a receiver makes durable, with nobody taking them out; and the CPU that it costs. */
export const ingest: Scenario = {
  name: 'ingest',
  run: async (bench, scope) => {
    const receivers = await startReceivers(bench, scope);
    const measure = (receiver: Receivers) => (round: number) => ingestOnce(bench, receiver, `ingest ${round}`, EVENTS);
    for (const receiver of Object.values(receivers)) await ingestOnce(bench, receiver, 'warm-up', WARM_UP_EVENTS);
    const samples = await alternate(ROUNDS, {
      ours: measure(receivers.ours),
      baseline: measure(receivers.baseline),
      verify: measure(receivers.verify),
      accept: measure(receivers.accept),
    });
    return rowsOf(samples);
  },
};

async function startReceivers({ redis, client }: Bench, scope: Scope) {
  const surroundings = { redisUrl: redis.url, platformUrl: '', ratePerMinute: UNPACED_PER_MINUTE };
  await client.flushall();
  const start = async (spec: Parameters<typeof startProcess>[0]) => alone(await scope.add(startProcess(spec)));
  return {
    ours: await start(hookpatch.receiver(surroundings)),
    baseline: await start(baseline.receiver(surroundings)),
    verify: await start(floor('verify')),
    accept: await start(floor('accept')),
  };
}

function alone({ port, pid }: RunningProcess): Receivers {
  return { ports: [port], pids: [pid] };
}

function rowsOf(samples: Record<'ours' | 'baseline' | 'verify' | 'accept', Ingested[]>): Row[] {
  const row = (
    metric: string,
    figure: keyof Ingested,
    [name, label]: [keyof typeof samples, string],
    goal: Goal | null,
  ): Row => ({
    scenario: 'ingest',
    metric,
    ours: samples.ours.map((sample) => sample[figure]),
    reference: { name: label, samples: samples[name].map((sample) => sample[figure]) },
    goal,
  });
  return [
    row('accepted events/s', 'perSecond', ['baseline', 'baseline'], atLeastTimes(1.1, 'baseline')),
    row('accepted events/s', 'perSecond', ['verify', 'verify only'], null),
    row('accepted events/s', 'perSecond', ['accept', 'accept only'], null),
    row('CPU us/event, receiver', 'receiverMicroseconds', ['baseline', 'baseline'], atMostTimes(0.9, 'baseline')),
    row("CPU us/event, receiver's main thread", 'mainThreadMicroseconds', ['baseline', 'baseline'], null),
    row('CPU us/event, Redis', 'redisMicroseconds', ['baseline', 'baseline'], atMostTimes(0.4, 'baseline')),
  ];
}
