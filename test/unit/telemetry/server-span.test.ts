import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { traceRequests } from '../../../src/telemetry/server-span.ts';

/** Keeps the spans and lets a test wait for the next one. */
class AnnouncingExporter extends InMemorySpanExporter {
  #announce: (span: ReadableSpan) => void = () => {};

  next(): Promise<ReadableSpan> {
    return new Promise((resolve) => {
      this.#announce = resolve;
    });
  }

  override export(...[spans, done]: Parameters<InMemorySpanExporter['export']>): void {
    super.export(spans, done);
    for (const span of spans) this.#announce(span);
  }
}

describe('the span of a request', () => {
  const exporter = new AnnouncingExporter();
  let app: FastifyInstance;

  beforeAll(async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
    traceRequests();
    app = fastify();
    app.post('/webhooks/:kind', async () => ({ spanId: trace.getActiveSpan()?.spanContext().spanId }));
    app.get('/admin/api/queues', async () => 'polled');
    app.put('/admin/api/queues/:queue/retry', async () => 'done');
    app.get('/readyz', async () => ({ isTraced: trace.getActiveSpan() !== undefined }));
    await app.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(async () => {
    await app.close();
    context.disable();
    trace.disable();
  });
  beforeEach(() => exporter.reset());

  const port = () => (app.server.address() as AddressInfo).port;

  it('is active in the handler, after a body has come over the socket', async () => {
    const ended = exporter.next();
    const answer = await fetch(`http://127.0.0.1:${port()}/webhooks/genesys`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ padding: 'x'.repeat(200_000) }),
    });
    expect(await answer.json()).toEqual({ spanId: (await ended).spanContext().spanId });
  });

  it('is named by the route and never by the path, which is the caller’s text', async () => {
    await app.inject({ method: 'POST', url: '/webhooks/12345' });
    await app.inject({ method: 'GET', url: '/no/such/path' });
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['POST /webhooks/:kind', 'GET']);
  });

  it('is not made for a probe', async () => {
    const answer = await app.inject({ method: 'GET', url: '/readyz' });
    expect(answer.json()).toEqual({ isTraced: false });
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it('is made for what a person does on the admin page, and not for what it only looks at', async () => {
    await app.inject({ method: 'GET', url: '/admin/api/queues' });
    await app.inject({ method: 'PUT', url: '/admin/api/queues/dead-letters/retry' });
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['PUT /admin/api/queues/:queue/retry']);
  });

  it('ends when the caller goes away before it has sent everything', async () => {
    const ended = exporter.next();
    const socket = connect(port(), '127.0.0.1');
    await once(socket, 'connect');
    const begun = once(app.server, 'request');
    socket.write('POST /webhooks/genesys HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{');
    await begun;
    socket.destroy();
    expect((await ended).attributes).toMatchObject({ 'http.route': '/webhooks/:kind', 'error.type': expect.any(String) });
  });
});
