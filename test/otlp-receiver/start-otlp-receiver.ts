import { EventEmitter } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { decodeMetrics, decodeSpans, type ReceivedMetric, type ReceivedSpan } from './decode-otlp.ts';

/** An OTLP/HTTP endpoint on loopback that keeps what it is sent; decoded by OpenTelemetry's published schema. */
export interface OtlpReceiver {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string;
  /** Every span so far, in order of arrival. */
  spans(): readonly ReceivedSpan[];
  /** Every metric of every push so far, in order of arrival. */
  metrics(): readonly ReceivedMetric[];
  /** The raw bodies, to search them for what must not be there. */
  bodies(): readonly Buffer[];
  /** Resolves with all spans as soon as the predicate holds for them; rejects after `timeoutMs`, naming the spans that came. */
  waitForSpans(predicate: (spans: readonly ReceivedSpan[]) => boolean, timeoutMs?: number): Promise<readonly ReceivedSpan[]>;
  waitForMetrics(
    predicate: (metrics: readonly ReceivedMetric[]) => boolean,
    timeoutMs?: number,
  ): Promise<readonly ReceivedMetric[]>;
  stop(): Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 15_000;

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const metrics: ReceivedMetric[] = [];
  const bodies: Buffer[] = [];
  const arrivals = new EventEmitter().setMaxListeners(0);

  const server = createServer(async (request, response) => {
    const body = await readBody(request);
    bodies.push(body);
    if (request.url === '/v1/traces') spans.push(...decodeSpans(body));
    if (request.url === '/v1/metrics') metrics.push(...decodeMetrics(body));
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    arrivals.emit('arrival');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: () => spans,
    metrics: () => metrics,
    bodies: () => bodies,
    waitForSpans: (predicate, timeoutMs = DEFAULT_TIMEOUT_MS) => waitFor(arrivals, spans, predicate, timeoutMs),
    waitForMetrics: (predicate, timeoutMs = DEFAULT_TIMEOUT_MS) => waitFor(arrivals, metrics, predicate, timeoutMs),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}

function waitFor<T extends { readonly name: string }>(
  arrivals: EventEmitter,
  received: readonly T[],
  predicate: (received: readonly T[]) => boolean,
  timeoutMs: number,
): Promise<readonly T[]> {
  return new Promise((resolve, reject) => {
    const check = () => {
      if (!predicate(received)) return;
      clearTimeout(timer);
      arrivals.off('arrival', check);
      resolve(received);
    };
    const timer = setTimeout(() => {
      arrivals.off('arrival', check);
      reject(
        new Error(`not received within ${timeoutMs} ms; there are: ${received.map(({ name }) => name).join(', ') || 'none'}`),
      );
    }, timeoutMs);
    arrivals.on('arrival', check);
    check();
  });
}
