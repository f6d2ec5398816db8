import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { WaterfallSpan } from './render/waterfall.ts';

/** The part of an OTLP/HTTP JSON trace export that is read here (opentelemetry-proto, `ExportTraceServiceRequest`). */
interface TraceExport {
  readonly resourceSpans?: readonly { readonly scopeSpans?: readonly { readonly spans?: readonly OtlpSpan[] }[] }[];
}

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status?: { readonly code?: number };
}

export interface SpanCollector {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`, with `OTEL_EXPORTER_OTLP_PROTOCOL=http/json`. */
  readonly endpoint: string;
  spansOf(traceId: string): readonly WaterfallSpan[];
  /** Resolves when no span has arrived for a second: exports come in batches, several times a second. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

const QUIET_MS = 1_000;

/** `Status.STATUS_CODE_ERROR` */
const ERROR = 2;

const milliseconds = (nanoseconds: string): number => Number(BigInt(nanoseconds) / 1000n) / 1000;

/** The spans of one export, by trace id. */
export function readTraceExport(body: TraceExport): { readonly traceId: string; readonly span: WaterfallSpan }[] {
  const spans = (body.resourceSpans ?? []).flatMap(({ scopeSpans = [] }) => scopeSpans.flatMap(({ spans = [] }) => spans));
  return spans.map((span) => ({
    traceId: span.traceId,
    span: {
      spanId: span.spanId,
      parentSpanId: span.parentSpanId || null, // proto3 JSON may write a root's as ''
      name: span.name,
      startMs: milliseconds(span.startTimeUnixNano),
      endMs: milliseconds(span.endTimeUnixNano),
      failed: span.status?.code === ERROR,
    },
  }));
}

/** Stands in for an OpenTelemetry collector: keeps what it is sent, and answers success to metrics and logs too. */
export async function startSpanCollector(): Promise<SpanCollector> {
  const traces = new Map<string, WaterfallSpan[]>();
  let lastExportAt = performance.now();
  const collect = async (request: IncomingMessage): Promise<void> => {
    const body = await text(request);
    if (request.url !== '/v1/traces') return;
    lastExportAt = performance.now();
    for (const { traceId, span } of readTraceExport(JSON.parse(body))) {
      traces.set(traceId, [...(traces.get(traceId) ?? []), span]);
    }
  };
  const server = createServer((request, response) => {
    collect(request).then(
      () => response.setHeader('content-type', 'application/json').end('{}'),
      () => response.writeHead(400).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spansOf: (traceId) => traces.get(traceId) ?? [],
    settled: async () => {
      for (;;) {
        const quietMs = performance.now() - lastExportAt;
        if (quietMs >= QUIET_MS) return;
        await delay(QUIET_MS - quietMs);
      }
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
