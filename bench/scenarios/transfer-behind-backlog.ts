import { setTimeout as delay } from 'node:timers/promises';
import { sendDelivery } from '../../harness/send-delivery.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import type { Scope } from '../process/scope.ts';
import { type RecordedCall, type SimulatedGenesys, startSimulatedGenesys } from '../simulated-genesys.ts';
import { hookpatch } from '../targets/hookpatch.ts';
import { SECRET, type Surroundings, type Target, withQueue } from '../targets/target.ts';
import { conversationIdsOf, type Workload } from '../workload/plan.ts';
import { type Bench, CONNECTIONS } from './scenario.ts';
import { startTarget } from './service-pair.ts';

const RATE_PER_MINUTE = 300;
const LATENCY_MS = 40;
const BACKLOG: Workload = { kind: 'steady', salt: 'transfer', events: 10_000, conversations: 1_000, perSecond: 1 };
/** The first one looks up the queue; the others find it remembered, as nearly every transfer does. */
const TRANSFERS = Array.from({ length: 6 }, (_, index) => `transferred-${index}`);
/** Until the burst of a process that has just started is used up. */
const SETTLED_AFTER_MS = 5_000;
const GIVEN_UP_AFTER_MS = 60_000;

/** Milliseconds from the delivery of each event that asks for a transfer until Genesys had it. */
export async function transfersBehindBacklog(bench: Bench, scope: Scope): Promise<readonly number[]> {
  const genesys = await scope.add(startSimulatedGenesys({ latencyMs: LATENCY_MS }));
  await bench.client.flushall();
  const surroundings = { redisUrl: bench.redis.url, platformUrl: genesys.url, ratePerMinute: RATE_PER_MINUTE };
  const { receiver } = await startTarget(TARGET, scope, surroundings);
  await genesys.begin([...conversationIdsOf(BACKLOG), ...TRANSFERS]);
  await withQueue(TARGET, bench.client, (queue) => queue.pause());
  await bench.load.prepare(BACKLOG);
  await bench.load.runClosed([receiver.port], CONNECTIONS);
  await withQueue(TARGET, bench.client, (queue) => queue.resume());
  await delay(SETTLED_AFTER_MS);
  const waits: number[] = [];
  for (const conversationId of TRANSFERS) waits.push(await transferOnce(receiver.url, genesys, conversationId));
  return waits.slice(1);
}

async function transferOnce(receiverUrl: string, genesys: SimulatedGenesys, conversationId: string): Promise<number> {
  const sentAt = Date.now();
  const body = JSON.stringify({ topic: 'bench.transfer', conversationId, eventTime: sentAt });
  const { status } = await sendDelivery(`${receiverUrl}/webhooks/genesys`, body, { secret: SECRET });
  if (status !== 202) throw new Error(`the receiver answered ${status}`);
  const isIt = (call: RecordedCall) => call.call === 'replace-participant' && call.conversationId === conversationId;
  const found = async () => (await genesys.calls()).find(isIt) ?? null;
  const sent = await waitUntil(found, {
    timeoutMs: GIVEN_UP_AFTER_MS,
    intervalMs: 50,
    what: `the transfer of ${conversationId}`,
  });
  return sent.at - sentAt;
}

const RULES_FILE = 'bench/transfer-rules.yaml';

const withRules = (specOf: Target['receiver']) => (surroundings: Surroundings) => {
  const spec = specOf(surroundings);
  return { ...spec, env: { ...spec.env, RULES_FILE } };
};

const TARGET: Target = { ...hookpatch, receiver: withRules(hookpatch.receiver), worker: withRules(hookpatch.worker) };
