import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { type OtlpReceiver, startOtlpReceiver } from '../../otlp-receiver/start-otlp-receiver.ts';
import { type Run, runTracedService } from './run-traced-service.ts';

const INBOUND_TRACE = '0af7651916cd43dd8448eb211c80319c';

describe('with an OTLP endpoint', () => {
  let receiver: OtlpReceiver;
  let run: Run;

  beforeAll(async () => {
    receiver = await startOtlpReceiver();
    run = await runTracedService({
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    });
  });
  afterAll(() => receiver.stop());

  const serverSpans = () => receiver.spans().filter((span) => span.kind === 'SERVER');
  const spansOf = (traceId: string) => receiver.spans().filter((span) => span.traceId === traceId);

  it('starts and ends without a word on standard error', () => {
    expect(run).toMatchObject({ code: 0, stderr: '' });
  });

  it('makes exactly one server span for a request, and none for a probe', () => {
    expect(serverSpans().map((span) => span.name)).toEqual([
      'POST /webhooks/genesys',
      'POST /webhooks/genesys',
      'POST /strangers',
      'POST /faults',
    ]);
    expect(serverSpans()[0]?.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/webhooks/genesys',
      'http.response.status_code': 202,
      'url.path': '/webhooks/genesys',
      'url.scheme': 'http',
    });
  });

  it('continues an inbound traceparent, and starts a trace without one', () => {
    const [continued, fresh] = serverSpans();
    expect(continued).toMatchObject({ traceId: INBOUND_TRACE, parentSpanId: 'b7ad6b7169203331' });
    expect(fresh?.parentSpanId).toBeNull();
  });

  it('counts a stranger as no error of ours, and a fault as one', () => {
    const [, , stranger, fault] = serverSpans();
    expect(stranger).toMatchObject({ status: 'unset' });
    expect(fault).toMatchObject({ status: 'error', attributes: { 'error.type': '500' } });
  });

  it('joins request, sending and processing of an event in one trace', () => {
    const [server, send, process, plan] = [
      'POST /webhooks/genesys',
      'send conversations',
      'process conversations',
      'plan actions',
    ].map((name) => spansOf(INBOUND_TRACE).find((span) => span.name === name));
    expect(send).toMatchObject({ kind: 'PRODUCER', parentSpanId: server?.spanId });
    expect(process).toMatchObject({ kind: 'CONSUMER', parentSpanId: send?.spanId });
    expect(plan).toMatchObject({ parentSpanId: process?.spanId });
    expect(spansOf(INBOUND_TRACE)).toHaveLength(4);
  });

  it('links the span of a batch and those of its other events both ways, each with its outcome', () => {
    const [batch, other] = [true, false].map((isFirst) =>
      receiver.spans().find((span) => span.name === 'process conversations' && (span.traceId === INBOUND_TRACE) === isFirst),
    );
    const sendOfOther = spansOf(other?.traceId ?? '').find((span) => span.name === 'send conversations');
    expect(batch?.links).toEqual([{ traceId: other?.traceId, spanId: sendOfOther?.spanId, attributes: {} }]);
    expect(other).toMatchObject({ kind: 'CONSUMER', parentSpanId: sendOfOther?.spanId });
    expect(other?.links).toEqual([{ traceId: INBOUND_TRACE, spanId: batch?.spanId, attributes: {} }]);
    for (const span of [batch, other]) {
      expect(span?.events).toMatchObject([{ name: 'hookpatch.action.ended', attributes: { 'hookpatch.outcome': 'applied' } }]);
    }
  });

  it('names the service, its version and its instance, and takes resource attributes from the environment', () => {
    expect(receiver.spans()[0]?.resource).toMatchObject({
      'service.name': 'hookpatch',
      'service.version': packageJson.version,
      'service.instance.id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'deployment.environment.name': 'test',
    });
  });

  it('pushes the metrics that /metrics shows', () => {
    const pushed = receiver.metrics().find((metric) => metric.name === 'hookpatch.deliveries');
    expect(pushed?.points).toContainEqual({ attributes: { 'http.response.status_code': 202 }, value: 2 });
    expect(pushed?.resource).toMatchObject({ 'service.name': 'hookpatch' });
  });

  it('writes the ids of the trace into log lines', () => {
    const plan = spansOf(INBOUND_TRACE).find((span) => span.name === 'process conversations');
    const line = run.lines.find(({ msg }) => msg === 'planned');
    expect(line).toMatchObject({ trace_id: INBOUND_TRACE, service: 'hookpatch', level: 'info' });
    expect(plan).toBeDefined();
  });

  it('exports no query and no body', () => {
    expect(Buffer.concat([...receiver.bodies()]).includes('secret=1')).toBe(false);
  });
});

it('takes the name of the service from OTEL_SERVICE_NAME', async () => {
  const receiver = await startOtlpReceiver();
  onTestFinished(() => receiver.stop());
  await runTracedService({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.url}/v1/traces`, OTEL_SERVICE_NAME: 'mine' });
  expect(receiver.spans()[0]?.resource['service.name']).toBe('mine');
  expect(receiver.metrics()).toEqual([]);
});

it('records nothing of what the sampler leaves out, and still has valid ids', async () => {
  const receiver = await startOtlpReceiver();
  onTestFinished(() => receiver.stop());
  const { said } = await runTracedService({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_TRACES_SAMPLER: 'always_off' });
  expect(receiver.spans()).toEqual([]);
  expect(said.traceparent).toMatch(new RegExp(`^00-${INBOUND_TRACE}-(?!0{16})[0-9a-f]{16}-00$`));
});

describe('without an OTLP endpoint', () => {
  it('opens no connection, continues an inbound trace and serves metrics', async () => {
    const { code, stderr, said } = await runTracedService({});
    expect({ code, stderr, connections: said.connections }).toEqual({ code: 0, stderr: '', connections: 0 });
    expect(said.traceparent).toMatch(new RegExp(`^00-${INBOUND_TRACE}-(?!0{16})[0-9a-f]{16}-00$`));
    expect(said.metrics).toContain('hookpatch_deliveries_total{http_response_status_code="202"} 2');
  });

  it('does nothing at all with OTEL_SDK_DISABLED=true', async () => {
    const { said } = await runTracedService({ OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
    expect(said.connections).toBe(0);
    expect(said.metrics).toBe('# telemetry is not started\n');
  });
});

describe('with an endpoint that is out of order', () => {
  it('says so once, not for each batch', async () => {
    const { server, url } = await listen();
    server.on('connection', (socket) => socket.destroy());
    const attempts = countConnections(server, 6);
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_TIMEOUT: '100',
      OTEL_BSP_SCHEDULE_DELAY: '10',
      OTEL_METRICS_EXPORTER: 'none',
    };
    const { code, lines } = await runTracedService(env, attempts);
    const complaints = lines.filter(({ component }) => component === 'opentelemetry');
    expect(code).toBe(0);
    expect(complaints).toMatchObject([{ level: 'error', msg: expect.stringMatching(/^telemetry is not delivered: /) }]);
    expect(complaints[0]).not.toHaveProperty('trace_id');
  });

  it('ends the process although the endpoint never answers', async () => {
    const { url } = await listen();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_TIMEOUT: '600000', OTEL_BSP_EXPORT_TIMEOUT: '600000' };
    expect(await runTracedService(env)).toMatchObject({ code: 0 });
  });
});

async function listen(): Promise<{ server: Server; url: string }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return { server, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}` };
}

function countConnections(server: Server, wanted: number): Promise<void> {
  return new Promise((resolve) => {
    let connections = 0;
    server.on('connection', () => {
      connections += 1;
      if (connections === wanted) resolve();
    });
  });
}
