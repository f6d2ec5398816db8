import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withSpan } from '../../../src/telemetry/tracing.ts';
import { failureOf, useClient } from './client-fixture.ts';
import { CONVERSATION } from './stub-platform.ts';

interface EndedSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly status: { readonly code: SpanStatusCode };
  readonly parentSpanContext?: { readonly spanId: string };
  spanContext(): { readonly traceId: string; readonly spanId: string };
}

const spans: EndedSpan[] = [];
const collector = {
  onStart: () => {},
  onEnd: (span: EndedSpan) => void spans.push(span),
  forceFlush: async () => {},
  shutdown: async () => {},
};

// Without these two the SDK would look for a collector on this machine.
process.env.OTEL_METRICS_EXPORTER = 'none';
process.env.OTEL_LOGS_EXPORTER = 'none';

/** With the instrumentation that would put headers on the requests, so that its absence is no accident. */
const sdk = new NodeSDK({
  spanProcessors: [collector],
  instrumentations: [new UndiciInstrumentation()],
  autoDetectResources: false,
});

beforeAll(() => sdk.start());
afterAll(() => sdk.shutdown());
beforeEach(() => spans.splice(0));

const fixture = useClient();
const TRACE_HEADERS = ['traceparent', 'tracestate', 'baggage'];

/** Inside a trace that has baggage: all three headers would be sent. */
function inTrace<T>(work: () => Promise<T>): Promise<T> {
  const baggage = propagation.createBaggage({ tenant: { value: 'one' } });
  return context.with(propagation.setBaggage(context.active(), baggage), () => withSpan('event', {}, work));
}

async function everyKindOfCall(): Promise<void> {
  await fixture.client.getConversation('c-1');
  await fixture.client.patchAttributes('c-1', 'p-1', { tier: 'platinum' }, { version: null });
  await fixture.client.patchWrapup('c-1', 'p-1', { code: 'w' }, { version: null });
  await fixture.client.replaceParticipant('c-1', 'p-1', { kind: 'queue', queueId: 'q' }, 'Unattended', { version: null });
}

const received = () => [...fixture.stub.tokenRequests, ...fixture.stub.apiRequests];

describe('trace headers', () => {
  it('do not go out to Genesys', async () => {
    await inTrace(everyKindOfCall);
    expect(received().map((request) => request.method)).toEqual(['POST', 'GET', 'PATCH', 'PATCH', 'POST']);
    for (const request of received()) expect(request.headerNames.filter((name) => TRACE_HEADERS.includes(name))).toEqual([]);
  });

  it('go out when they are switched on, with the span of the request', async () => {
    fixture.configure({ traceHeaders: true });
    await inTrace(everyKindOfCall);
    const sentSpanIds = received().map((request) => String(request.headers.traceparent).split('-')[2]);
    expect(received().every((request) => request.headers.baggage === 'tenant=one')).toBe(true);
    expect(sentSpanIds).toEqual(spans.filter((span) => span.kind === SpanKind.CLIENT).map((span) => span.spanContext().spanId));
  });
});

describe('client spans', () => {
  it('describe each request, below the span that was active', async () => {
    fixture.stub.replyToApi = () => ({ headers: { 'ININ-Correlation-Id': 'correlation-1' }, body: CONVERSATION });
    await inTrace(() => fixture.client.getConversation('c-1'));
    const [token, get, parent, ...others] = spans;
    expect(others).toEqual([]);
    expect([token?.name, get?.name, parent?.name]).toEqual([
      'POST /oauth/token',
      'GET /api/v2/conversations/{conversationId}',
      'event',
    ]);
    for (const span of [token, get]) {
      expect(span).toMatchObject({ kind: SpanKind.CLIENT, parentSpanContext: { spanId: parent?.spanContext().spanId } });
    }
    const url = new URL(fixture.stub.url);
    expect(get?.attributes).toEqual({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'url.template': '/api/v2/conversations/{conversationId}',
      'url.full': `${url.origin}/api/v2/conversations/c-1`,
      'server.address': '127.0.0.1',
      'server.port': Number(url.port),
      'genesys.call': 'get-conversation',
      'genesys.pacing.wait_ms': 0,
      'genesys.correlation_id': 'correlation-1',
    });
  });

  it("mark an error with Genesys's code, and count what is sent again", async () => {
    fixture.stub.replyToApi = () => ({ status: 401, body: { code: 'bad.credentials', contextId: 'context-1' } });
    await failureOf(inTrace(() => fixture.client.getConversation('c-1')));
    const gets = spans.filter((span) => span.name.startsWith('GET'));
    expect(gets.map((span) => span.attributes['http.request.resend_count'])).toEqual([undefined, 1]);
    for (const span of gets) {
      expect(span.status.code).toBe(SpanStatusCode.ERROR);
      expect(span.attributes).toMatchObject({
        'http.response.status_code': 401,
        'error.type': '401',
        'genesys.error.code': 'bad.credentials',
        'genesys.correlation_id': 'context-1',
      });
    }
  });

  it('mark a request without an answer by how it failed', async () => {
    fixture.stub.replyToApi = () => 'drop';
    await failureOf(inTrace(() => fixture.client.patchAttributes('c-1', 'p-1', { tier: 'platinum' }, { version: null })));
    const patch = spans.find((span) => span.name.startsWith('PATCH'));
    expect(patch).toMatchObject({ status: { code: SpanStatusCode.ERROR }, attributes: { 'error.type': 'connection.lost' } });
    expect(JSON.stringify(spans.map((span) => span.attributes))).not.toMatch(/platinum|token-1/);
  });

  it('are not made outside of a trace', async () => {
    await fixture.client.getConversation('c-1');
    expect(trace.getActiveSpan()).toBeUndefined();
    expect(spans).toEqual([]);
  });
});

describe('the span of a write', () => {
  const spanOfCall = (call: string) => spans.find(({ attributes }) => attributes['genesys.call'] === call);

  it.each([
    [
      { kind: 'queue', queueId: 'q-1' },
      { 'genesys.transfer.destination': 'queue', 'genesys.queue.id': 'q-1' },
    ],
    [
      { kind: 'user', userId: 'u-1' },
      { 'genesys.transfer.destination': 'user', 'genesys.user.id': 'u-1' },
    ],
    [
      { kind: 'address', address: 'tel:+13175550100' },
      { 'genesys.transfer.destination': 'address', 'genesys.transfer.address_kind': 'tel' },
    ],
  ] as const)('names where a transfer goes to, %o, and no address', async (destination, expected) => {
    await inTrace(() => fixture.client.replaceParticipant('c-1', 'p-1', destination, 'Unattended', { version: null }));
    const span = spanOfCall('replace-participant');
    expect(span?.attributes).toMatchObject(expected);
    expect(JSON.stringify(span?.attributes)).not.toContain('3175550100');
  });

  it('names the code of a wrap-up, and no note', async () => {
    await inTrace(() => fixture.client.patchWrapup('c-1', 'p-1', { code: 'w-1', notes: 'private' }, { version: null }));
    const span = spanOfCall('patch-wrapup');
    expect(span?.attributes).toMatchObject({ 'genesys.wrapup.code': 'w-1' });
    expect(JSON.stringify(span?.attributes)).not.toContain('private');
  });
});
