import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { withScope } from '../process/scope.ts';
import { residentMegabytes } from '../process/usage.ts';
import { atMostTimes, below, type Row } from '../row.ts';
import { startSimulatedGenesys } from '../simulated-genesys.ts';
import { baseline } from '../targets/baseline.ts';
import { hookpatch } from '../targets/hookpatch.ts';
import type { Target } from '../targets/target.ts';
import { type Bench, CONNECTIONS, type Scenario } from './scenario.ts';
import { startTarget } from './service-pair.ts';

const EVENTS = 200_000;
/** Sent in parts, because the load generator prepares what it sends. */
const PART = 50_000;
const CONVERSATIONS = 20_000;
/** Genesys's own limit: practically all events wait. */
const RATE_PER_MINUTE = 300;
/** Until garbage of the last requests is gone. */
const SETTLE_MS = 1_000;

interface Sample {
  readonly receiverGrowth: number;
  readonly workerGrowth: number;
  readonly receiver: number;
  readonly worker: number;
  readonly redisBytesPerEvent: number;
}

/** What waiting events cost: in the processes nothing that grows with them, in Redis their bytes. */
export const memory: Scenario = {
  name: 'memory',
  run: async (bench) => {
    const ours = await measureTarget(bench, hookpatch);
    const theirs = await measureTarget(bench, baseline);
    const row = (metric: string, figure: keyof Sample, goal: Row['goal'] = null): Row => ({
      scenario: 'memory',
      metric,
      ours: [ours[figure]],
      reference: { name: 'baseline', samples: [theirs[figure]] },
      goal,
    });
    return [
      row('receiver MB at 200,000 waiting', 'receiver', atMostTimes(1.1, 'baseline')),
      row('receiver MB more than at 0', 'receiverGrowth', below(50, 'MB')),
      row('worker MB at 200,000 waiting', 'worker', atMostTimes(1.1, 'baseline')),
      row('worker MB more than at 0', 'workerGrowth', below(50, 'MB')),
      row('Redis bytes/waiting event', 'redisBytesPerEvent', atMostTimes(0.75, 'baseline')),
    ];
  },
};

function measureTarget(bench: Bench, target: Target): Promise<Sample> {
  return withScope(async (scope) => {
    const { client, redis } = bench;
    await client.flushall();
    const genesys = await scope.add(startSimulatedGenesys({ latencyMs: 0, rateLimit: { requests: 300, windowMs: 60_000 } }));
    const surroundings = { redisUrl: redis.url, platformUrl: genesys.url, ratePerMinute: RATE_PER_MINUTE };
    const { receiver, workers } = await startTarget(target, scope, surroundings);
    const look = async () => {
      await delay(SETTLE_MS);
      const [worker] = workers;
      const redisBytes = await usedBytes(client);
      return { receiver: await residentMegabytes(receiver.pid), worker: await residentMegabytes(worker?.pid ?? 0), redisBytes };
    };
    await warmUp(bench, receiver.port);
    const before = await look();
    for (let part = 0; part < EVENTS / PART; part++) await send(bench, receiver.port, `memory ${part}`, PART);
    const after = await look();
    return {
      receiver: after.receiver,
      receiverGrowth: after.receiver - before.receiver,
      worker: after.worker,
      workerGrowth: after.worker - before.worker,
      redisBytesPerEvent: (after.redisBytes - before.redisBytes) / EVENTS,
    };
  });
}

/** The same few events again and again: a process grows to its working size while hardly anything waits. */
async function warmUp(bench: Bench, port: number): Promise<void> {
  await bench.load.prepare({ kind: 'steady', salt: 'memory warm-up', events: 1_000, conversations: 100, perSecond: 1 });
  for (let time = 0; time < 30; time++) await bench.load.runClosed([port], CONNECTIONS);
}

async function send({ load }: Bench, port: number, salt: string, events: number): Promise<void> {
  await load.prepare({ kind: 'steady', salt, events, conversations: CONVERSATIONS / (EVENTS / PART), perSecond: 1 });
  await load.runClosed([port], CONNECTIONS);
}

export async function usedBytes(redis: Redis): Promise<number> {
  const used = /^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1];
  return Number(used);
}
