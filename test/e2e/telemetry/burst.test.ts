import { expect, it } from 'vitest';
import { type AcceptedBody, type DeliveryAnswer, sendDelivery } from '../../../harness/send-delivery.ts';
import type { ServiceProcess } from '../../../harness/service-process.ts';
import { waitUntil } from '../../../harness/wait-until.ts';
import { QUEUES } from '../../../simulator/queue-directory.ts';
import type { ReceivedSpan } from '../../otlp-receiver/decode-otlp.ts';
import { eventOf } from '../with-service.ts';
import { orphansIn, outcomesIn } from './span-tree.ts';
import { newTrace, postIn, RULES, type SenderTrace, type TracedBed, withTracedService } from './traced-service.ts';

const EVENTS = 1000;
const CONVERSATIONS = 150;
const SENDERS = 40;

interface Sent {
  readonly trace: SenderTrace;
  readonly answer: DeliveryAnswer;
}

/** What the n-th sender does: most events alone, some in an array, some twice, some ignored, some from a stranger. */
async function sendNth(n: number, service: ServiceProcess, ids: readonly string[]): Promise<Sent[]> {
  const event = (offset = 0) => {
    const id = ids[(n * 7 + offset) % ids.length] ?? '';
    if (n % 10 === 3) return eventOf(id, 'flow.start');
    return n % 5 === 4 ? eventOf(id, 'user.start') : eventOf(id, 'customer.start', { tier: `tier-${n}-${offset}` });
  };
  const send = async (body: string): Promise<Sent> => {
    const trace = newTrace();
    return { trace, answer: await postIn(trace, service, body) };
  };
  if (n % 50 === 1) return [await sendUnsigned(service, event())];
  if (n % 20 === 2) return [await send(`[${event()},${event(1)},${event(2)}]`)];
  const body = event();
  const first = await send(body);
  return n % 25 === 6 ? [first, await send(body)] : [first];
}

async function sendUnsigned(service: ServiceProcess, body: string): Promise<Sent> {
  const trace = newTrace();
  const { traceparent } = trace;
  return { trace, answer: await sendDelivery(`${service.url}/webhooks/genesys`, body, { headers: { traceparent } }) };
}

async function sendBurst(service: ServiceProcess, ids: readonly string[]): Promise<Sent[]> {
  const sent: Sent[] = [];
  let next = 0;
  const sender = async () => {
    for (let n = next++; n < EVENTS; n = next++) sent.push(...(await sendNth(n, service, ids)));
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  return sent;
}

function createConversations({ simulator }: TracedBed): string[] {
  return Array.from({ length: CONVERSATIONS }, () => {
    const agent = { purpose: 'agent', userId: 'u-1', queueId: QUEUES.support.id };
    return simulator.createConversation({ participants: [{ purpose: 'customer' }, agent] }).id;
  });
}

/** What every accepted event's trace is to hold: a processing of that event with an outcome. */
function processingKey(traceId: string, eventId: unknown): string {
  return `${traceId} ${eventId}`;
}

function acceptedIn(sent: readonly Sent[]): string[] {
  return sent.flatMap(({ trace, answer }) => {
    if (answer.status !== 202) return [];
    const { events } = answer.body as AcceptedBody;
    return events.filter(({ status }) => status === 'accepted').map(({ id }) => processingKey(trace.traceId, id));
  });
}

function endedIn(spans: readonly ReceivedSpan[]): Set<string> {
  const ended = spans.filter((span) => span.kind === 'CONSUMER' && outcomesIn([span]).length > 0);
  return new Set(ended.map((span) => processingKey(span.traceId, span.attributes['hookpatch.event.id'])));
}

it('in a burst of 1,000 mixed events every accepted one’s trace ends in an outcome, without orphans or noise', async () => {
  const simulator = { writeVisibilityMs: 20, seed: 4 };
  await withTracedService({ rules: RULES, simulator }, async (bed) => {
    const ids = createConversations(bed);
    for (const call of ['get-conversation', 'patch-attributes'] as const) {
      bed.simulator.addFault({ call, status: 500, probability: 0.02 });
    }
    const service = await bed.start();
    const sent = await sendBurst(service, ids);
    const accepted = acceptedIn(sent);
    expect(accepted.length).toBeGreaterThan(EVENTS / 2);
    const isProcessed = () => service.logs.filter(({ msg }) => msg === 'event processed').length >= accepted.length;
    await waitUntil(isProcessed, { timeoutMs: 45_000, what: 'every event to be processed' });
    await service.stop();

    const spans = bed.otlp.spans();
    const ended = endedIn(spans);
    expect(accepted.filter((key) => !ended.has(key))).toEqual([]);
    expect(orphansIn(spans, new Set(sent.map(({ trace }) => trace.spanId)))).toEqual([]);
    // A stranger's trace is not continued: each unsigned request has one of its own, of the request and its verification.
    const refused = spans.filter(({ attributes }) => attributes['http.response.status_code'] === 401);
    const unsigned = sent.filter(({ answer }) => answer.status === 401);
    expect(refused).toHaveLength(unsigned.length);
    const strangers = new Set(unsigned.map(({ trace }) => trace.traceId));
    expect(spans.filter(({ traceId }) => strangers.has(traceId))).toEqual([]);
    const traces = new Set([...sent.map(({ trace }) => trace.traceId), ...refused.map(({ traceId }) => traceId)]);
    expect(spans.filter(({ traceId }) => !traces.has(traceId)).map(({ name }) => name)).toEqual([]);
    expect(new Set(sent.map(({ answer }) => answer.status))).toEqual(new Set([202, 401]));
  });
}, 90_000);
