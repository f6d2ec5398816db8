import { join } from 'node:path';
import protobuf from 'protobufjs';

const SPAN_KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const;
const STATUSES = ['unset', 'ok', 'error'] as const;

export type Attributes = Readonly<Record<string, unknown>>;

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** `null` for the root of a trace. */
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly kind: (typeof SPAN_KINDS)[number];
  readonly attributes: Attributes;
  readonly status: (typeof STATUSES)[number];
  readonly statusMessage: string;
  readonly events: readonly { readonly name: string; readonly attributes: Attributes }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string; readonly attributes: Attributes }[];
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly scope: string;
  readonly resource: Attributes;
}

export interface ReceivedMetric {
  readonly name: string;
  readonly unit: string;
  readonly points: readonly { readonly attributes: Attributes; readonly value: number }[];
  readonly resource: Attributes;
}

const root = new protobuf.Root();
root.resolvePath = (_origin, target) => join(import.meta.dirname, 'proto', target);
root.loadSync([
  'opentelemetry/proto/collector/trace/v1/trace_service.proto',
  'opentelemetry/proto/collector/metrics/v1/metrics_service.proto',
]);
const TraceRequest = root.lookupType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');
const MetricsRequest = root.lookupType('opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest');

/** The body of `POST /v1/traces`. */
export function decodeSpans(body: Uint8Array): ReceivedSpan[] {
  const request = toPlain(TraceRequest, body) as unknown as TraceRequestMessage;
  return request.resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) =>
      spans.map((span) => decodeSpan(span, scope?.name ?? '', decodeAttributes(resource?.attributes))),
    ),
  );
}

/** The body of `POST /v1/metrics`; the value of a histogram's point is its count. */
export function decodeMetrics(body: Uint8Array): ReceivedMetric[] {
  const request = toPlain(MetricsRequest, body) as unknown as MetricsRequestMessage;
  return request.resourceMetrics.flatMap(({ resource, scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) => metrics.map((metric) => decodeMetric(metric, decodeAttributes(resource?.attributes)))),
  );
}

function toPlain(type: protobuf.Type, body: Uint8Array): Record<string, unknown> {
  return type.toObject(type.decode(body), { longs: String, arrays: true });
}

function decodeSpan(span: SpanMessage, scope: string, resource: Attributes): ReceivedSpan {
  return {
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parentSpanId: hex(span.parentSpanId) || null,
    name: span.name ?? '',
    kind: SPAN_KINDS[span.kind ?? 0] ?? 'UNSPECIFIED',
    attributes: decodeAttributes(span.attributes),
    status: STATUSES[span.status?.code ?? 0] ?? 'unset',
    statusMessage: span.status?.message ?? '',
    events: span.events.map((event) => ({ name: event.name ?? '', attributes: decodeAttributes(event.attributes) })),
    links: span.links.map((link) => ({
      traceId: hex(link.traceId),
      spanId: hex(link.spanId),
      attributes: decodeAttributes(link.attributes),
    })),
    startedAt: Number(BigInt(span.startTimeUnixNano ?? 0) / 1_000n) / 1000,
    durationMs: Number(BigInt(span.endTimeUnixNano ?? 0) - BigInt(span.startTimeUnixNano ?? 0)) / 1e6,
    scope,
    resource,
  };
}

function decodeMetric(metric: MetricMessage, resource: Attributes): ReceivedMetric {
  const data = metric.sum ?? metric.gauge ?? metric.histogram;
  const points = (data?.dataPoints ?? []).map((point) => ({
    attributes: decodeAttributes(point.attributes),
    value: Number(point.asDouble ?? point.asInt ?? point.count ?? Number.NaN),
  }));
  return { name: metric.name ?? '', unit: metric.unit ?? '', points, resource };
}

function decodeAttributes(attributes: readonly KeyValueMessage[] = []): Attributes {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, decodeValue(value)]));
}

function decodeValue(value: AnyValueMessage | undefined): unknown {
  if (value?.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(decodeValue);
  if (value?.intValue !== undefined) return Number(value.intValue);
  return value?.stringValue ?? value?.boolValue ?? value?.doubleValue ?? null;
}

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex');
}

// The messages as protobufjs gives them: repeated fields always there, scalars only when they were sent.
interface AnyValueMessage {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string;
  doubleValue?: number;
  arrayValue?: { values?: AnyValueMessage[] };
}
interface KeyValueMessage {
  key: string;
  value?: AnyValueMessage;
}
interface ResourceMessage {
  attributes?: KeyValueMessage[];
}
interface SpanMessage {
  traceId: Uint8Array;
  spanId: Uint8Array;
  parentSpanId?: Uint8Array;
  name?: string;
  kind?: number;
  startTimeUnixNano?: string;
  endTimeUnixNano?: string;
  attributes: KeyValueMessage[];
  events: { name?: string; attributes: KeyValueMessage[] }[];
  links: { traceId: Uint8Array; spanId: Uint8Array; attributes: KeyValueMessage[] }[];
  status?: { code?: number; message?: string };
}
interface TraceRequestMessage {
  resourceSpans: { resource?: ResourceMessage; scopeSpans: { scope?: { name?: string }; spans: SpanMessage[] }[] }[];
}
interface DataPointsMessage {
  dataPoints: { attributes: KeyValueMessage[]; asDouble?: number; asInt?: string; count?: string }[];
}
interface MetricMessage {
  name?: string;
  unit?: string;
  sum?: DataPointsMessage;
  gauge?: DataPointsMessage;
  histogram?: DataPointsMessage;
}
interface MetricsRequestMessage {
  resourceMetrics: { resource?: ResourceMessage; scopeMetrics: { metrics: MetricMessage[] }[] }[];
}
