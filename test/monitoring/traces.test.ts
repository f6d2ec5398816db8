import { expect, onTestFinished, test, vi } from 'vitest';
import { placeConversation } from '../../demo/calls/place-conversation.ts';
import { placeTenCalls } from '../../demo/calls/ten-calls.ts';
import { playCall } from '../../demo/play-call.ts';
import type { PlayedCall } from '../../demo/played-call.ts';
import { openStage, Teardown } from '../../demo/stage.ts';
import { findProgram } from '../../harness/find-program.ts';
import { sendDelivery } from '../../harness/send-delivery.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { QUEUES, WRAPUP_CODES } from '../../simulator/queue-directory.ts';
import { startTracing, type Tracing } from './run-jaeger.ts';

const hasPrograms = ['jaeger', 'otelcol-contrib'].every((name) => findProgram([name]) !== null);
if (!hasPrograms) console.log('not run: traces in Jaeger (needs jaeger and otelcol-contrib on the PATH)');

const ARRIVAL = { timeoutMs: 30_000, intervalMs: 250 };
const COLLEAGUE = '7a1c2b3d-4e5f-4a6b-9c7d-8e9f0a1b2c01';

async function openPlayed(tracing: Tracing) {
  vi.spyOn(console, 'log').mockReturnValue();
  const teardown = new Teardown();
  onTestFinished(() => teardown.run());
  const stage = await openStage(teardown, {
    OTEL_EXPORTER_OTLP_ENDPOINT: tracing.endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
  });
  return { stage, calls: await Promise.all(placeTenCalls().map((call) => playCall(stage, call))) };
}

/** What a person knows of an event, and searches by; and the trace that has to be found. */
function searchesOf({ call, deliveries }: PlayedCall) {
  const agent = call.conversation.participants.find(({ purpose }) => purpose === 'agent');
  return deliveries.flatMap(({ delivery, processed }) => {
    if (processed === null) return [];
    const { conversationId, eventId, traceId, outcomes } = processed;
    const conversation = { 'genesys.conversation.id': conversationId };
    const ofAgent = /user\.(start|end)/.test(delivery.name)
      ? [{ 'genesys.user.id': agent?.userId ?? '' }, { ...conversation, 'genesys.queue.id': agent?.queueId ?? '' }]
      : [];
    const ofOutcomes = outcomes.map(({ outcome, reason, rule }) => ({
      ...conversation,
      'hookpatch.outcome': outcome,
      'hookpatch.outcome.reason': reason,
      'hookpatch.rule': rule ?? '',
    }));
    const { CorrelationId } = (delivery.envelope as { detail?: { metadata: { CorrelationId: string } } }).detail?.metadata ?? {};
    const ofSender = CorrelationId === undefined ? [] : [{ 'hookpatch.event.correlation_id': CorrelationId }];
    const all = [conversation, { 'hookpatch.event.id': eventId }, ...ofSender, ...ofAgent, ...ofOutcomes];
    return all.map((attributes) => ({ attributes, traceId }));
  });
}

/** Fails with what was searched for when Jaeger finds none of the traces. */
async function expectFound({ search }: Tracing, attributes: Readonly<Record<string, string>>, traceIds: readonly string[]) {
  const isFound = async () => (await search(attributes)).some(({ traceID }) => traceIds.includes(traceID));
  await waitUntil(isFound, { ...ARRIVAL, what: `one of ${traceIds.join(', ')} in a search for ${JSON.stringify(attributes)}` });
}

test.runIf(hasPrograms)('the calls of the demo are found by everything that a person knows of them', async () => {
  const tracing = await startTracing();
  const { calls } = await openPlayed(tracing);
  const searches = calls.flatMap(searchesOf);
  expect(new Set(searches.flatMap(({ attributes }) => Object.keys(attributes)))).toEqual(
    new Set([
      'genesys.conversation.id',
      'hookpatch.event.id',
      'hookpatch.event.correlation_id',
      'genesys.user.id',
      'genesys.queue.id',
      'hookpatch.outcome',
      'hookpatch.outcome.reason',
      'hookpatch.rule',
    ]),
  );
  for (const { attributes, traceId } of searches) await expectFound(tracing, attributes, [traceId]);
  expect(await tracing.search({ 'genesys.conversation.id': 'nobody' })).toEqual([]);
});

test.runIf(hasPrograms)('transfers are found by their destination, and wrap-ups by their code', async () => {
  const tracing = await startTracing();
  const { stage, calls } = await openPlayed(tracing);
  /** Of the call with an event that ended so. Events that were processed together have their work in the trace of the first. */
  const tracesOf = (rule: string, outcome = 'applied') => {
    const isIt = (one: { readonly rule: string | null; readonly outcome: string }) =>
      one.rule === rule && one.outcome === outcome;
    const played = calls.map(({ deliveries }) => deliveries.flatMap(({ processed }) => processed ?? []));
    const call = played.find((events) => events.some(({ outcomes }) => outcomes.some(isIt))) ?? [];
    return call.map(({ traceId }) => traceId);
  };
  const command = async (actions: readonly object[]) => {
    const { id } = stage.simulator.createConversation(placeConversation('voice').conversation);
    const body = JSON.stringify({ conversationId: id, actions });
    const answer = await sendDelivery(`${stage.service.url}/conversations/${id}/actions`, body, { secret: stage.secret });
    return [(answer.body as { readonly traceId: string }).traceId];
  };
  const toQueue = { 'genesys.transfer.destination': 'queue', 'genesys.queue.id': QUEUES.escalations.id };
  const toColleague = { 'genesys.transfer.destination': 'user', 'genesys.user.id': COLLEAGUE };
  const toNumber = { 'genesys.transfer.destination': 'address', 'genesys.transfer.address_kind': 'tel' };
  await expectFound(tracing, toQueue, tracesOf('escalate-vip'));
  await expectFound(tracing, { 'genesys.wrapup.code': WRAPUP_CODES.resolved.id }, tracesOf('wrap-up'));
  await expectFound(tracing, toColleague, await command([{ transfer: { userId: COLLEAGUE } }]));
  await expectFound(tracing, toNumber, await command([{ transfer: { address: 'tel:+13175550123' } }]));
  await expectFound(tracing, { 'hookpatch.outcome': 'dead-lettered' }, tracesOf('night-desk', 'dead-lettered'));
});
