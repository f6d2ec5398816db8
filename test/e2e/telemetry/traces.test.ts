import { aroundAll, describe, expect, it } from 'vitest';
import { sendDelivery } from '../../../harness/send-delivery.ts';
import type { ServiceProcess } from '../../../harness/service-process.ts';
import { waitUntil } from '../../../harness/wait-until.ts';
import { QUEUES } from '../../../simulator/queue-directory.ts';
import type { ReceivedSpan } from '../../otlp-receiver/decode-otlp.ts';
import { eventOf, SECRET } from '../with-service.ts';
import { isRedis, outcomesIn, treeOf } from './span-tree.ts';
import { ADMIN_TOKEN, newTrace, postIn, RULES, spansOf, type TracedBed, withTracedService } from './traced-service.ts';

const GET = 'CLIENT GET /api/v2/conversations/{conversationId}';
const PATCH = 'CLIENT PATCH /api/v2/conversations/{conversationId}/participants/{participantId}/attributes';
const DELIVERY = ['SERVER POST /webhooks/genesys', '  INTERNAL hookpatch.verify', '  INTERNAL hookpatch.parse'];

/** A processing that sets attributes and confirms them, as deep as under a delivery. */
const ATTRIBUTES_SET = [
  '    CONSUMER process conversations',
  '      * setAttributes applied written',
  `      ${GET}`,
  '      INTERNAL hookpatch.plan',
  `      ${PATCH}`,
  '      INTERNAL hookpatch.confirm',
  `        ${GET}`,
];

const hasOutcomes = (count: number) => (spans: readonly ReceivedSpan[]) => outcomesIn(spans).length >= count;
const named = (spans: readonly ReceivedSpan[], name: string) => spans.filter((span) => span.name === name);

describe('the trace of', () => {
  let bed: TracedBed;
  let service: ServiceProcess;
  aroundAll((runSuite) =>
    withTracedService({ rules: RULES }, async (opened) => {
      bed = opened;
      service = await bed.start();
      await runSuite();
    }),
  );

  const customerCall = (id = 'p-customer') =>
    bed.simulator.createConversation({ participants: [{ id, purpose: 'customer' }] }).id;
  const agentCall = () => {
    const agent = { id: 'p-agent', purpose: 'agent', userId: 'u-1', queueId: QUEUES.support.id };
    return bed.simulator.createConversation({ participants: [{ purpose: 'customer' }, agent] }).id;
  };
  const tierEvent = (conversationId: string) => eventOf(conversationId, 'customer.start', { tier: 'gold' });

  it('the first event shows the Redis commands that store it, and none of those that open BullMQ’s queue', async () => {
    const trace = newTrace();
    await postIn(trace, service, tierEvent(customerCall()));
    const spans = await spansOf(bed, trace, hasOutcomes(1));
    const [send] = named(spans, 'send conversations');
    const commands = spans.filter((span) => isRedis(span) && span.parentSpanId === send?.spanId).map(({ name }) => name);
    expect([...new Set(commands)].filter((name) => !/^evalsha$|^eval$/.test(name))).toEqual([]);
    expect(commands.length).toBeGreaterThan(0);
  });

  it('an event goes from the sender’s span to the outcome, with every call to Genesys where it belongs', async () => {
    const [trace, conversationId] = [newTrace(), customerCall()];
    const answer = await postIn(trace, service, tierEvent(conversationId));
    expect(answer.status).toBe(202);
    const spans = await spansOf(bed, trace, hasOutcomes(1));
    expect(treeOf(spans)).toEqual([...DELIVERY, '  PRODUCER send conversations', ...ATTRIBUTES_SET]);
    const [server] = named(spans, 'POST /webhooks/genesys');
    expect(server).toMatchObject({
      parentSpanId: trace.spanId,
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/webhooks/genesys',
        'http.response.status_code': 202,
        'genesys.conversation.id': conversationId,
        'hookpatch.events.accepted': 1,
      },
    });
    expect(named(spans, 'hookpatch.verify')[0]?.attributes).toEqual({ 'hookpatch.verification': 'signature' });
    expect(named(spans, 'hookpatch.plan')[0]?.attributes).toMatchObject({ 'genesys.participant.id': ['p-customer'] });
    const [patch] = named(spans, PATCH.replace('CLIENT ', ''));
    expect(patch?.attributes).toMatchObject({
      'genesys.call': 'patch-attributes',
      'http.response.status_code': 202,
      'genesys.correlation_id': expect.stringMatching(/.+/),
    });
    const participant = bed.simulator.conversation(conversationId)?.participants[0];
    expect(participant?.attributes).toMatchObject({ 'otel.traceId': trace.traceId });
  });

  it('an event of a rule with a transfer shows the intent’s outcome after that of the attributes', async () => {
    const trace = newTrace();
    await postIn(trace, service, eventOf(agentCall(), 'user.start'));
    const spans = await spansOf(bed, trace, hasOutcomes(2));
    expect(outcomesIn(spans)).toEqual(['setAttributes applied written', 'transfer applied written']);
    const [process] = named(spans, 'process conversations');
    const transfer = named(spans, 'POST /api/v2/conversations/{conversationId}/participants/{participantId}/replace/queue');
    expect(transfer).toMatchObject([{ kind: 'CLIENT', parentSpanId: process?.spanId, status: 'unset' }]);
  });

  it('a retried event has both tries, the first one failed', async () => {
    const [trace, conversationId] = [newTrace(), customerCall()];
    bed.simulator.addFault({ call: 'patch-attributes', conversationId, status: 500, times: 1 });
    await postIn(trace, service, tierEvent(conversationId));
    const spans = await spansOf(bed, trace, hasOutcomes(1));
    expect(treeOf(spans)).toEqual([
      ...DELIVERY,
      '  PRODUCER send conversations',
      '    CONSUMER process conversations !',
      `      ${GET}`,
      '      INTERNAL hookpatch.plan',
      `      ${PATCH} !`,
      ...ATTRIBUTES_SET,
    ]);
    const attempts = named(spans, 'process conversations').map((span) => span.attributes['hookpatch.event.attempts']);
    expect(attempts).toEqual([0, 1]);
  });

  it('a dead letter ends in an error that says what Genesys said, and goes on when it is put back', async () => {
    const [trace, conversationId] = [newTrace(), customerCall()];
    bed.simulator.addFault({ call: 'patch-attributes', conversationId, status: 403, code: 'missing.permissions', times: 1 });
    await postIn(trace, service, tierEvent(conversationId));
    const dead = await spansOf(bed, trace, hasOutcomes(1));
    expect(treeOf(dead).slice(-5)).toEqual([
      '    CONSUMER process conversations !',
      '      * setAttributes dead-lettered permission-missing',
      `      ${GET}`,
      '      INTERNAL hookpatch.plan',
      `      ${PATCH} !`,
    ]);
    const [failed] = named(dead, PATCH.replace('CLIENT ', ''));
    const said = { 'genesys.error.code': 'missing.permissions', 'genesys.correlation_id': expect.stringMatching(/.+/) };
    expect(failed?.attributes).toMatchObject({ ...said, 'http.response.status_code': 403, 'error.type': '403' });
    const [process] = named(dead, 'process conversations');
    expect(process?.attributes['error.type']).toBe('permission-missing');
    expect(process?.events[0]?.attributes).toMatchObject(said);

    const form = new URLSearchParams({ do: 'retry-all', confirm: '1' });
    const retry = { method: 'POST', body: form, headers: { authorization: `Bearer ${ADMIN_TOKEN}` } };
    await waitUntil(async () => (await fetch(`${service.url}/admin/dead-letters`, retry)).ok, { what: 'the dead letter' });
    const all = await spansOf(bed, trace, hasOutcomes(2));
    expect(treeOf(all)).toEqual([...treeOf(dead), ...ATTRIBUTES_SET]);
  });

  it('a repeated delivery ends in its receipt, in a trace of its own', async () => {
    const [first, again] = [newTrace(), newTrace()];
    const body = tierEvent(customerCall());
    await postIn(first, service, body);
    await spansOf(bed, first, hasOutcomes(1));
    expect((await postIn(again, service, body)).body).toMatchObject({ duplicate: 1 });
    const spans = await spansOf(bed, again);
    expect(treeOf(spans)).toEqual([...DELIVERY, '  PRODUCER send conversations']);
    expect(spans.find(({ kind }) => kind === 'SERVER')?.attributes).toMatchObject({ 'hookpatch.events.duplicate': 1 });
    expect(outcomesIn((await spansOf(bed, first)).filter(({ kind }) => kind === 'CONSUMER'))).toHaveLength(1);
  });

  it('an ignored event costs no Redis command, and names the conversation', async () => {
    const [trace, conversationId] = [newTrace(), customerCall()];
    expect((await postIn(trace, service, eventOf(conversationId, 'flow.start'))).body).toMatchObject({ ignored: 1 });
    const spans = await spansOf(bed, trace);
    expect(treeOf(spans)).toEqual(DELIVERY);
    expect(spans.filter(isRedis)).toEqual([]);
    const server = spans.find(({ kind }) => kind === 'SERVER');
    expect(server?.attributes).toMatchObject({ 'hookpatch.events.ignored': 1, 'genesys.conversation.id': conversationId });
  });

  it('a command is that of an event', async () => {
    const [trace, conversationId] = [newTrace(), customerCall()];
    const command = { conversationId, target: { purpose: 'customer' }, actions: [{ setAttributes: { tier: 'silver' } }] };
    const answer = await postIn(trace, service, JSON.stringify(command), `/conversations/${conversationId}/actions`);
    expect(answer.body).toMatchObject({ traceId: trace.traceId });
    expect(treeOf(await spansOf(bed, trace, hasOutcomes(1)))).toEqual([
      'SERVER POST /conversations/:conversationId/actions',
      '  INTERNAL hookpatch.verify',
      '  PRODUCER send conversations',
      ...ATTRIBUTES_SET,
    ]);
  });

  // SECURITY.md: foreign-trace
  it('a stranger’s request or a bad body is no error of ours', async () => {
    const [stranger, bad] = [newTrace(), newTrace()];
    const headers = { traceparent: stranger.traceparent };
    const options = { secret: 'another-secret-of-16-bytes', headers };
    expect((await sendDelivery(`${service.url}/webhooks/genesys`, tierEvent('c-1'), options)).status).toBe(401);
    expect((await postIn(bad, service, '{"no":"envelope"}')).status).toBe(400);
    const isRefused = ({ kind, attributes }: ReceivedSpan) =>
      kind === 'SERVER' && attributes['http.response.status_code'] === 401;
    const refused = (await bed.otlp.waitForSpans((all) => all.some(isRefused))).find(isRefused);
    const spans = await spansOf(bed, { ...stranger, traceId: String(refused?.traceId) });
    expect(treeOf(spans)).toEqual(['SERVER POST /webhooks/genesys', '  INTERNAL hookpatch.verify']);
    expect(named(spans, 'hookpatch.verify')[0]?.attributes).toEqual({
      'hookpatch.verification': expect.stringMatching(/^signature/),
    });
    // Nobody writes into the trace of somebody else without a signature.
    expect(refused).toMatchObject({ parentSpanId: null });
    expect(refused?.traceId).not.toBe(stranger.traceId);
    expect(treeOf(await spansOf(bed, bad))).toEqual(DELIVERY);
  });

  it('a request without a sender’s trace begins with it', async () => {
    const conversationId = customerCall();
    await sendDelivery(`${service.url}/webhooks/genesys`, tierEvent(conversationId), { secret: SECRET });
    const { traceId } = await service.waitForLog(
      (line) => line.conversationId === conversationId && line.msg === 'event processed',
    );
    const spans = await spansOf(bed, { traceId: String(traceId), spanId: 'none', traceparent: '' }, hasOutcomes(1));
    expect(spans.find(({ kind }) => kind === 'SERVER')?.parentSpanId).toBeNull();
    expect(treeOf(spans)).toEqual([...DELIVERY, '  PRODUCER send conversations', ...ATTRIBUTES_SET]);
  });
});

describe('the traces of a batch', () => {
  it('all end in an outcome: the work is in the first event’s, and each other one’s is linked with it both ways', async () => {
    await withTracedService({ rules: RULES }, async (bed) => {
      const receiver = await bed.start({ env: { ROLE: 'receiver' } });
      const { id } = bed.simulator.createConversation({ participants: [{ purpose: 'customer' }] });
      const traces = [newTrace(), newTrace(), newTrace()];
      for (const [index, trace] of traces.entries()) {
        await postIn(trace, receiver, eventOf(id, 'customer.start', { tier: `tier-${index}` }));
      }
      await bed.start({ env: { ROLE: 'worker' } });
      const ofTraces = await Promise.all(traces.map((trace) => spansOf(bed, trace, hasOutcomes(1))));
      const [first = [], ...others] = ofTraces;
      expect(outcomesIn(first)).toEqual(['setAttributes applied superseded']);
      expect(treeOf(first).filter((line) => line.includes(PATCH))).toHaveLength(1);
      const [batch] = named(first, 'process conversations');
      expect(batch?.attributes).toMatchObject({ 'hookpatch.event.count': 3, 'messaging.batch.message_count': 3 });
      const sends = others.map((spans) => named(spans, 'send conversations')[0]);
      expect(batch?.links.map(({ traceId, spanId }) => `${traceId} ${spanId}`)).toEqual(
        sends.map((send) => `${send?.traceId} ${send?.spanId}`),
      );
      for (const [index, spans] of others.entries()) {
        const outcome = index === 1 ? '* setAttributes applied written' : '* setAttributes applied superseded';
        const own = ['  PRODUCER send conversations', '    CONSUMER process conversations', `      ${outcome}`];
        expect(treeOf(spans)).toEqual([...DELIVERY, ...own]);
        const [process] = named(spans, 'process conversations');
        expect(process?.links).toMatchObject([{ traceId: batch?.traceId, spanId: batch?.spanId }]);
      }
    });
  });

  it('tell the outcome of a sampled event although the first event’s trace is not sampled', async () => {
    await withTracedService({ rules: RULES }, async (bed) => {
      const receiver = await bed.start({ env: { ROLE: 'receiver' } });
      const { id } = bed.simulator.createConversation({ participants: [{ purpose: 'customer' }] });
      const [unsampled, sampled] = [newTrace('00'), newTrace('01')];
      for (const trace of [unsampled, sampled]) await postIn(trace, receiver, eventOf(id, 'customer.start', { tier: 'gold' }));
      const worker = await bed.start({ env: { ROLE: 'worker' } });
      const spans = await spansOf(bed, sampled, hasOutcomes(1));
      expect(treeOf(spans).slice(-2)).toEqual(['    CONSUMER process conversations', '      * setAttributes applied written']);
      await Promise.all([receiver.stop(), worker.stop()]);
      expect(new Set(bed.otlp.spans().map(({ traceId }) => traceId))).toEqual(new Set([sampled.traceId]));
    });
  });
});
