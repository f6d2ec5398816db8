import type { Scope } from '../process/scope.ts';
import { type RunningProcess, startProcess } from '../process/start-process.ts';
import { cpuSeconds } from '../process/usage.ts';
import { atLeastTimes, type Row } from '../row.ts';
import { baseline, floor } from '../targets/baseline.ts';
import { hookpatch } from '../targets/hookpatch.ts';
import { UNPACED_PER_MINUTE } from '../targets/target.ts';
import { alternate, type Bench, CONNECTIONS, type Scenario } from './scenario.ts';

const EVENTS = 25_000;
const CONVERSATIONS = 2_000;
const WARM_UP_EVENTS = 10_000;
const ROUNDS = 3;

interface Sample {
  readonly perSecond: number;
  /** Of receiver and Redis, for one event. */
  readonly cpuMicroseconds: number;
}

/** How many events a second a receiver makes durable, with nobody taking them out; and the CPU that it costs. */
export const ingest: Scenario = {
  name: 'ingest',
  run: async (bench, scope) => {
    const receivers = await startReceivers(bench, scope);
    const measure = (receiver: RunningProcess) => (round: number) => measureOnce(bench, receiver, `ingest ${round}`, EVENTS);
    for (const receiver of Object.values(receivers)) await measureOnce(bench, receiver, 'warm-up', WARM_UP_EVENTS);
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
  return {
    ours: await scope.add(startProcess(hookpatch.receiver(surroundings))),
    baseline: await scope.add(startProcess(baseline.receiver(surroundings))),
    verify: await scope.add(startProcess(floor('verify'))),
    accept: await scope.add(startProcess(floor('accept'))),
  };
}

async function measureOnce(bench: Bench, receiver: RunningProcess, salt: string, events: number): Promise<Sample> {
  const { load, client, redis } = bench;
  await client.flushall();
  await load.prepare({ kind: 'steady', salt, events, conversations: CONVERSATIONS, perSecond: 1 });
  const cpu = async () => (await cpuSeconds(receiver.pid)) + (await cpuSeconds(redis.pid));
  const cpuBefore = await cpu();
  const { seconds } = await load.runClosed(receiver.port, CONNECTIONS);
  return { perSecond: events / seconds, cpuMicroseconds: (((await cpu()) - cpuBefore) * 1e6) / events };
}

function rowsOf(samples: Record<'ours' | 'baseline' | 'verify' | 'accept', Sample[]>): Row[] {
  const rates = (name: keyof typeof samples) => samples[name].map(({ perSecond }) => perSecond);
  const costs = (name: keyof typeof samples) => samples[name].map(({ cpuMicroseconds }) => cpuMicroseconds);
  const common = { scenario: 'ingest', metric: 'accepted events/s', ours: rates('ours') };
  const versus = (name: 'baseline' | 'verify' | 'accept', label: string) => ({ name: label, samples: rates(name) });
  return [
    { ...common, reference: versus('baseline', 'baseline'), goal: atLeastTimes(1.6, 'baseline') },
    { ...common, reference: versus('verify', 'verify only'), goal: atLeastTimes(0.65, 'verify only') },
    { ...common, reference: versus('accept', 'accept only'), goal: null },
    {
      scenario: 'ingest',
      metric: 'CPU us/event, receiver + Redis',
      ours: costs('ours'),
      reference: { name: 'baseline', samples: costs('baseline') },
      goal: null,
    },
  ];
}
