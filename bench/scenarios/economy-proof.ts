import { setTimeout as delay } from 'node:timers/promises';
import { type Fate, startEchoes } from '../../harness/echoes.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { startProcess } from '../process/start-process.ts';
import { atMost, type Row } from '../row.ts';
import { type SimulatedGenesys, startSimulatedGenesys } from '../simulated-genesys.ts';
import { hookpatch } from '../targets/hookpatch.ts';
import { SECRET, type Surroundings, type Target } from '../targets/target.ts';
import { conversationIdsOf, planEvents, type Workload } from '../workload/plan.ts';
import type { Bench, Scenario } from './scenario.ts';
import { runScheduled, type Service, startTarget } from './service-pair.ts';

const LATENCY_MS = 40;
/** More than half of it is used by the warm-up: with more to spare a write is read back at once. */
const RATE_PER_MINUTE = 1_000;
const WARM_UP: Workload = { kind: 'steady', salt: 'proof warm-up', events: 270, conversations: 270, perSecond: 500 };
/** Calls of ten events, as far apart as that each is done before the next comes. */
const SPREAD: Workload = { kind: 'calls', salt: 'proof', calls: 12, gapMs: 1_500, staggerMs: 120 };
/** The events of a call within a tenth of a second. */
const BURST: Workload = { kind: 'calls', salt: 'proof burst', calls: 20, gapMs: 10, staggerMs: 120 };
const QUEUE_ID = '5c1e6a40-98b7-4c3e-8f5d-0d3b7a1c2e01';
const CHANGING_PART = 0.7;
const LATE_MS = 12_000;

/** How many calls of the Platform API an event costs when the writes come back as events, or as snapshots. */
export const economyProof: Scenario = {
  name: 'economy-proof',
  run: async (bench, scope) => {
    await bench.client.flushall();
    const receiverUrl: { current: string | null } = { current: null };
    const echoes = await scope.add(
      startEchoes({
        secret: SECRET,
        fateOf,
        delayMs: (fate) => (fate === 'late' ? LATE_MS : between(200, 2_000)),
        receiver: () => receiverUrl.current,
      }),
    );
    const genesys = await scope.add(startSimulatedGenesys({ latencyMs: LATENCY_MS, eventsTo: echoes.url }));
    const surroundings = { redisUrl: bench.redis.url, platformUrl: genesys.url, ratePerMinute: RATE_PER_MINUTE };
    const service = await startTarget(TARGET, scope, surroundings);
    receiverUrl.current = service.receiver.url;
    await scope.add(startProcess(sourceOf(surroundings)));
    await runScheduled(bench, genesys, service, WARM_UP);
    const callsPerEvent = async (workload: Workload) =>
      (await runScheduled(bench, genesys, service, workload)).calls.length / planEvents(workload).length;
    return [
      row('spread out, own writes come back as events', await callsPerEvent(SPREAD), 1.75),
      row('bursts, own writes come back as events', await callsPerEvent(BURST), 0.25),
      row('fed by snapshots', await callsPerSnapshot(bench, genesys, service), 1),
    ];
  },
};

function row(name: string, ours: number, goal: number): Row {
  return { scenario: 'economy-proof', metric: `Genesys calls/event, ${name}`, ours: [ours], reference: null, goal: atMost(goal) };
}

/** One in a hundred comes late, one in a hundred never. */
function fateOf(): Fate {
  const at = Math.random();
  if (at < 0.01) return 'lost';
  return at < 0.02 ? 'late' : 'prompt';
}

function between(least: number, most: number): number {
  return least + Math.random() * (most - least);
}

/** Somebody else changes each conversation again and again, and the notification service reports it. */
async function callsPerSnapshot(bench: Bench, genesys: SimulatedGenesys, { target }: Service): Promise<number> {
  const workload: Workload = { ...SPREAD, salt: 'snapshots' };
  const events = planEvents(workload);
  await genesys.begin(conversationIdsOf(workload), { queueId: QUEUE_ID });
  const startedAt = performance.now();
  for (const { conversationId, position, atMs } of events) {
    await delay(Math.max(0, startedAt + atMs - performance.now()));
    await genesys.setAgentAttributes(conversationId, {
      stage: `stage ${Math.floor(position * CHANGING_PART)}`,
      position: String(position),
    });
  }
  await waitUntil(async () => (await target.countUnfinished(bench.client)) === 0, { timeoutMs: 60_000, what: 'the snapshots' });
  return (await genesys.calls()).filter(({ call }) => /conversation|attributes/.test(call)).length / events.length;
}

const RULES_FILE = 'bench/proof-rules.yaml';

const withRules = (specOf: Target['receiver']) => (surroundings: Surroundings) => {
  const spec = specOf(surroundings);
  return { ...spec, env: { ...spec.env, RULES_FILE } };
};

const TARGET: Target = { ...hookpatch, receiver: withRules(hookpatch.receiver), worker: withRules(hookpatch.worker) };

function sourceOf(surroundings: Surroundings) {
  const spec = TARGET.worker(surroundings);
  return { ...spec, env: { ...spec.env, ROLE: 'source', GENESYS_NOTIFICATIONS: 'queues' } };
}
