import { expect, it } from 'vitest';
import { sendDelivery } from '../../harness/send-delivery.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import type { FaultSpec } from '../../simulator/faults.ts';
import { QUEUES } from '../../simulator/queue-directory.ts';
import type { Simulator } from '../../simulator/start-simulator.ts';
import { SECRET, type ServiceBed, withService } from './with-service.ts';

const CONVERSATIONS = 200;
/** A worker is killed each time so many transfers have been asked for. */
const KILL_AT_REQUESTS = [10, 30, 50, 70, 90];
/**
 * Drawn by the simulator's seed. Those that executed nothing are limited: after each the conversation is read back for
 * 10 s, twice, before the transfer is sent again.
 */
const FAULTS: readonly Omit<FaultSpec, 'call'>[] = [
  { dropConnection: 'after', probability: 0.2 },
  { status: 500, execute: true, probability: 0.2 },
  { dropConnection: 'before', probability: 0.1, times: 4 },
  { status: 503, probability: 0.1, times: 4 },
];
/** Long enough for kills to come between the execution of a transfer and its answer. */
const LATENCY_MS = 200;
/** A fetch right after a lost answer shows the caller where they were before. */
const WRITE_VISIBILITY_MS = 500;
const API_KEY = 'an-api-key-of-more-than-16-bytes';
const TRANSFER = JSON.stringify({ actions: [{ transfer: { queueId: QUEUES.escalations.id } }] });

it('transfers each of 200 calls exactly once while answers are lost and workers are killed', { timeout: 120_000 }, async () => {
  const simulatorOptions = { seed: 20_261_120, latencyMs: LATENCY_MS, writeVisibilityMs: WRITE_VISIBILITY_MS };
  await withService({ rules: 'rules: []', simulator: simulatorOptions }, async (bed) => {
    const { simulator } = bed;
    for (const fault of FAULTS) simulator.addFault({ call: 'replace-participant', ...fault });
    const receiver = await bed.start({ env: { ROLE: 'receiver', WEBHOOK_API_KEYS: API_KEY } });
    const workers = [await startWorker(bed), await startWorker(bed)];
    const ids = Array.from({ length: CONVERSATIONS }, () => createCall(simulator));
    await Promise.all(ids.map((id) => askForTransfer(receiver, id)));

    for (const requests of KILL_AT_REQUESTS) {
      const isTime = () => transferRequests(simulator).length >= requests;
      // With every conversation in the hands of killed workers nothing is sent until their locks end.
      await waitUntil(isTime, { intervalMs: 5, timeoutMs: 40_000, what: `${requests} transfers` });
      expect(await workers.shift()?.kill()).toMatchObject({ signal: 'SIGKILL' });
      workers.push(await startWorker(bed));
    }

    const outcomes = await allOutcomes(receiver, ids);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(ids.map(() => 'applied'));
    const executed = simulator.executedWrites().filter(({ write }) => write.kind === 'transfer');
    expect(executed.map(({ conversationId }) => conversationId).toSorted()).toEqual(ids.toSorted());
    expect(sentAfterExecution(simulator)).toEqual([]);
    expect(ids.map((id) => acdParticipants(simulator, id))).toEqual(ids.map(() => 1));
    expect(faultsHit(simulator)).toEqual(new Set(['drop after', 'drop before', 'status 500 after executing', 'status 503']));
    expect(workers.some(({ logs }) => logs.some(({ msg }) => msg === 'took over a conversation whose worker was lost'))).toBe(
      true,
    );
  });
});

function startWorker(bed: ServiceBed): Promise<ServiceProcess> {
  return bed.start({ env: { ROLE: 'worker', JOB_ATTEMPTS: '50' } });
}

function createCall(simulator: Simulator): string {
  const agent = { purpose: 'agent', userId: 'u-1', queueId: QUEUES.support.id };
  return simulator.createConversation({ participants: [{ purpose: 'customer' }, agent] }).id;
}

/** As a sender does: a request that could not be stored in time is repeated under its key. */
async function askForTransfer(receiver: ServiceProcess, conversationId: string): Promise<void> {
  const headers = { 'Idempotency-Key': 'transfer' };
  const url = `${receiver.url}/conversations/${conversationId}/actions`;
  const ask = async () => {
    const { status } = await sendDelivery(url, TRANSFER, { secret: SECRET, headers });
    expect([202, 503]).toContain(status);
    return status === 202;
  };
  await waitUntil(ask, { timeoutMs: 20_000, intervalMs: 200, what: 'the transfer to be accepted' });
}

interface Status {
  readonly outcomes?: readonly [{ readonly outcome: string }];
}

/** Of each conversation, as the one who asked for the transfer is told. */
async function allOutcomes(receiver: ServiceProcess, ids: readonly string[]) {
  const known = new Map<string, { readonly outcome: string }>();
  const ask = async (id: string) => {
    const url = `${receiver.url}/conversations/${id}/actions/transfer`;
    const response = await fetch(url, { headers: { 'x-api-key': API_KEY } });
    const { outcomes } = (await response.json()) as Status;
    if (outcomes !== undefined) known.set(id, outcomes[0]);
  };
  const look = async () => {
    await Promise.all(ids.filter((id) => !known.has(id)).map(ask));
    return known.size === ids.length;
  };
  await waitUntil(look, { timeoutMs: 100_000, intervalMs: 500, what: 'the outcome of every transfer' });
  return ids.flatMap((id) => known.get(id) ?? []);
}

function transferRequests(simulator: Simulator) {
  return simulator.journal().filter(({ call }) => call === 'replace-participant');
}

/** Conversations for which a transfer was sent although one had happened: the simulator refuses it, a real queue might not. */
function sentAfterExecution(simulator: Simulator): readonly (string | null)[] {
  const done = new Set<string | null>();
  return transferRequests(simulator).flatMap(({ conversationId, executed }) => {
    const again = done.has(conversationId);
    if (executed) done.add(conversationId);
    return again ? [conversationId] : [];
  });
}

function faultsHit(simulator: Simulator): ReadonlySet<string> {
  return new Set(transferRequests(simulator).flatMap(({ fault }) => fault ?? []));
}

function acdParticipants(simulator: Simulator, conversationId: string): number {
  const { participants = [] } = simulator.conversation(conversationId) ?? {};
  return participants.filter(({ purpose }) => purpose === 'acd').length;
}
