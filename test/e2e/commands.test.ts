import { describe, expect, it } from 'vitest';
import { type DeliveryAnswer, sendDelivery } from '../../harness/send-delivery.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { QUEUES, WRAPUP_CODES } from '../../simulator/queue-directory.ts';
import { signDelivery } from '../../simulator/sign-delivery.ts';
import { eventOf, patchesIn, post, SECRET, type ServiceBed, withService } from './with-service.ts';

const RULES = `
rules:
  - name: tag
    when: { topic: "v2.detail.events.conversation.*.customer.start" }
    target: { purpose: customer }
    actions:
      - setAttributes: { lastWriter: event }
`;
const API_KEY = 'an-api-key-of-more-than-16-bytes';
const env = { WEBHOOK_API_KEYS: API_KEY };
const CUSTOMER = { id: 'p-customer', purpose: 'customer' };
const AGENT = { id: 'p-agent', purpose: 'agent', userId: 'u-1', queueId: QUEUES.support.id };
const WRITE = { target: { purpose: 'customer' }, actions: [{ setAttributes: { lastWriter: 'command' } }] };
const CALLER_TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER_TRACEPARENT = `00-${CALLER_TRACE}-00f067aa0ba902b7-01`;

interface CommandAnswer {
  readonly id: string;
  readonly traceId: string;
}

interface StatusAnswer {
  readonly status: string;
  readonly outcomes?: readonly { readonly outcome: string; readonly reason: string; readonly detail: string }[];
}

interface RequestOptions {
  readonly secret?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function command(service: ServiceProcess, id: string, body: unknown, options: RequestOptions = { secret: SECRET }) {
  return sendDelivery(`${service.url}/conversations/${id}/actions`, JSON.stringify(body), options);
}

function traceContext(service: ServiceProcess, body: unknown, options: RequestOptions = { secret: SECRET }) {
  return sendDelivery(`${service.url}/trace-context`, JSON.stringify(body), options);
}

async function status(service: ServiceProcess, conversationId: string, id: string, headers?: Readonly<Record<string, string>>) {
  const url = `${service.url}/conversations/${conversationId}/actions/${encodeURIComponent(id)}`;
  const response = await fetch(url, { headers: headers ?? { 'x-api-key': API_KEY } });
  return { status: response.status, body: (await response.json()) as StatusAnswer };
}

/** The outcomes, once there are any. */
function outcomesOf(service: ServiceProcess, conversationId: string, { body }: DeliveryAnswer) {
  const { id } = body as CommandAnswer;
  const look = async () => (await status(service, conversationId, id)).body.outcomes;
  return waitUntil(look, { timeoutMs: 30_000, what: `the outcomes of ${id}` });
}

function createCall({ simulator }: ServiceBed): string {
  return simulator.createConversation({ participants: [CUSTOMER, AGENT] }).id;
}

describe('POST /conversations/{conversationId}/actions', () => {
  it('is pending until a worker comes, then done: attributes, wrap-up and transfer, signed or with an API key', async () => {
    await withService({ rules: RULES }, async (bed) => {
      const receiver = await bed.start({ env: { ...env, ROLE: 'receiver' } });
      const [first, second] = [createCall(bed), createCall(bed)];
      const actions = [
        { setAttributes: { escalated: true } },
        { applyWrapup: { code: 'Escalated', notes: 'by the desk' } },
        { transfer: { queueId: QUEUES.escalations.id } },
      ];
      const done = await command(receiver, first, { conversationId: first, target: { purpose: 'agent' }, actions });
      const noQueue = { actions: [{ transfer: { queueId: 'no-such-queue' } }] };
      const refused = await command(receiver, second, noQueue, { headers: { 'x-api-key': API_KEY } });
      expect([done.status, refused.status]).toEqual([202, 202]);
      const { id } = done.body as CommandAnswer;
      expect(await status(receiver, first, id)).toEqual({ status: 200, body: { id, status: 'pending' } });

      await bed.start({ env: { ROLE: 'worker' } });
      expect(await outcomesOf(receiver, first, done)).toMatchObject([
        { outcome: 'applied', reason: 'written', action: 'setAttributes', rule: null, participantId: 'p-agent' },
        { outcome: 'applied', reason: 'written', action: 'applyWrapup', participantId: 'p-agent' },
        { outcome: 'applied', reason: 'written', action: 'transfer', participantId: 'p-agent' },
      ]);
      const [, agent, acd] = bed.simulator.conversation(first)?.participants ?? [];
      const wrapup = { code: WRAPUP_CODES.escalated.id, notes: 'by the desk' };
      expect(agent).toMatchObject({ attributes: { escalated: 'true' }, wrapup, endTime: expect.any(String) });
      expect(acd).toMatchObject({ purpose: 'acd', queueId: QUEUES.escalations.id });
      const [outcome] = await outcomesOf(receiver, second, refused);
      expect(outcome).toMatchObject({ outcome: 'dead-lettered', reason: 'queue-not-found' });
      expect(outcome?.detail).toContain('no-such-queue');
    });
  });

  it('answers a repeated Idempotency-Key with the same id and trace, and acts once', async () => {
    await withService({ rules: RULES }, async (bed) => {
      const service = await bed.start({ env });
      const conversationId = createCall(bed);
      const transfer = { actions: [{ transfer: { queueId: QUEUES.escalations.id } }] };
      const headers = { 'Idempotency-Key': 'order 7' };
      const send = () => command(service, conversationId, transfer, { secret: SECRET, headers });
      const [first, ...others] = await Promise.all(Array.from({ length: 20 }, send));
      expect(first?.body).toEqual({ id: 'order 7', traceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
      for (const other of others) expect([other.status, other.body]).toEqual([202, first?.body]);
      const outcomes = await outcomesOf(service, conversationId, first as DeliveryAnswer);
      expect(outcomes).toMatchObject([{ outcome: 'applied' }]);
      const late = await send();
      expect(late.body).toEqual(first?.body);
      expect((await status(service, conversationId, 'order 7')).body).toMatchObject({ status: 'done', outcomes });
      expect(bed.simulator.journal().filter(({ call }) => call === 'replace-participant')).toHaveLength(1);
    });
  });

  it('keeps its place among the events of the conversation, and the trace of its caller', async () => {
    await withService({ rules: RULES }, async (bed) => {
      const receiver = await bed.start({ env: { ...env, ROLE: 'receiver' } });
      const [commandLast, eventLast] = [createCall(bed), createCall(bed)];
      expect((await post(receiver, eventOf(commandLast))).status).toBe(202);
      const options = { secret: SECRET, headers: { traceparent: CALLER_TRACEPARENT } };
      const last = await command(receiver, commandLast, WRITE, options);
      expect(last.body).toMatchObject({ traceId: CALLER_TRACE });
      const first = await command(receiver, eventLast, WRITE);
      expect((await post(receiver, eventOf(eventLast))).status).toBe(202);

      const worker = await bed.start({ env: { ROLE: 'worker' } });
      expect(await outcomesOf(receiver, commandLast, last)).toMatchObject([{ reason: 'written' }]);
      expect(await outcomesOf(receiver, eventLast, first)).toMatchObject([{ reason: 'superseded' }]);
      const writerOf = (id: string) => bed.simulator.conversation(id)?.participants[0]?.attributes.lastWriter;
      expect([writerOf(commandLast), writerOf(eventLast)]).toEqual(['command', 'event']);
      expect(patchesIn(bed.simulator)).toHaveLength(2);
      await worker.waitForLog(({ msg, traceId }) => msg === 'event processed' && traceId === CALLER_TRACE);
    });
  });

  it('refuses what is not valid or not authenticated, and another conversation than the one that was signed', async () => {
    await withService({ rules: RULES }, async (bed) => {
      const service = await bed.start({ env: { ...env, ROLE: 'receiver' } });
      const faultsOf = async (body: unknown) => {
        const answer = await command(service, 'c-1', body);
        expect(answer.status).toBe(400);
        expect(answer.headers.get('content-type')).toContain('application/problem+json');
        expect(answer.body).toMatchObject({ code: 'command-invalid', status: 400 });
        return (answer.body as { readonly faults: readonly string[] }).faults;
      };
      expect(await faultsOf({ actions: [{ transfer: { queueId: 'a', userId: 'b' } }], colour: 'red' })).toEqual([
        'actions[0].transfer: exactly one of queueId, queueName, userId, address, externalContactId is needed, found queueId and userId',
        'colour: unknown key "colour" (allowed: conversationId, target, actions)',
      ]);
      expect(await faultsOf({ actions: [{ setAttributes: { a: '${trace.traceId}' } }] })).toEqual([
        'actions[0].setAttributes.a: "${" is for rules; a command holds plain values only',
      ]);

      const signedForOne = JSON.stringify({ conversationId: 'c-1', ...WRITE });
      const headers = signDelivery(SECRET, signedForOne);
      const replayTo = (id: string) => sendDelivery(`${service.url}/conversations/${id}/actions`, signedForOne, { headers });
      expect((await replayTo('c-1')).status).toBe(202);
      const replayed = await replayTo('c-2');
      const faults = ['conversationId: it is not the conversation of the path'];
      expect([replayed.status, replayed.body]).toMatchObject([400, { code: 'command-invalid', faults }]);

      for (const options of [{}, { secret: 'another-secret-of-16-bytes' }, { headers: { 'x-api-key': 'wrong-key' } }]) {
        const answer = await command(service, 'c-1', WRITE, options);
        expect([answer.status, answer.body]).toMatchObject([401, { code: 'not-authenticated' }]);
      }
      expect((await status(service, 'c-1', 'nobody', {})).status).toBe(401);
      expect(await status(service, 'c-1', 'nobody')).toMatchObject({ status: 404, body: { code: 'command-not-found' } });
    });
  });
});

describe('POST /trace-context', () => {
  it('answers the same trace for a conversation however often it is asked, and continues the trace of the first caller', async () => {
    await withService({ rules: RULES }, async (bed) => {
      const service = await bed.start({ env: { ...env, ROLE: 'receiver' } });
      const apiKey = { headers: { 'x-api-key': API_KEY } };
      const answers = [
        await traceContext(service, { conversationId: 'c-1' }),
        ...(await Promise.all([1, 2, 3].map(() => traceContext(service, { conversationId: 'c-1' }, apiKey)))),
      ];
      expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
      const [trace] = answers.map((answer) => answer.body as Record<string, string>);
      for (const answer of answers) expect(answer.body).toEqual(trace);
      expect(Object.keys(trace ?? {})).toEqual(['traceId', 'spanId', 'traceparent', 'datadogTraceId']);
      expect(trace?.traceparent).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]$/);
      expect(trace?.traceparent).toContain(`-${trace?.traceId}-${trace?.spanId}-`);
      expect(trace?.datadogTraceId).toBe(BigInt(`0x${trace?.traceId?.slice(16)}`).toString());

      const other = await traceContext(
        service,
        { conversationId: 'c-2' },
        { secret: SECRET, headers: { traceparent: CALLER_TRACEPARENT } },
      );
      // 0xa3ce929d0e0e4736, which a JSON number would have rounded to 11803532876627986000.
      expect(other.body).toMatchObject({ traceId: CALLER_TRACE, datadogTraceId: '11803532876627986230' });
      const missing = await traceContext(service, {});
      expect([missing.status, missing.body]).toMatchObject([400, { code: 'conversation-id-missing' }]);
      expect((await traceContext(service, { conversationId: 'c-1' }, {})).status).toBe(401);
    });
  });
});
