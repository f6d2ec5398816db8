import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import type { IMetricReader, MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { showCurrentGauges } from './current-gauges.ts';

/** The response of `GET /metrics`. */
export interface RenderedMetrics {
  readonly contentType: string;
  readonly body: string;
}

/** Prometheus's text format; https://prometheus.io/docs/instrumenting/exposition_formats/ */
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const serializer = new PrometheusSerializer(undefined, false, undefined, false, true);
let reader: PrometheusExporter | null = null;

/** The reader to register with the meter provider. It has no server of its own: the service serves `/metrics` itself. */
export function createPrometheusReader(): IMetricReader {
  reader = showCurrentGauges(new PrometheusExporter({ preventServerStart: true }));
  return reader;
}

/** Collects every metric now. Before telemetry is started (or with `OTEL_SDK_DISABLED=true`) there are none. */
export async function renderMetrics(): Promise<RenderedMetrics> {
  if (reader === null) return { contentType: CONTENT_TYPE, body: '# telemetry is not started\n' };
  const { resourceMetrics } = await reader.collect();
  return { contentType: CONTENT_TYPE, body: serializer.serialize(withUnitSuffixes(resourceMetrics)) };
}

/** Prometheus's names for the units that hookpatch uses; `{request}` and the like are annotations and have no name. */
const UNIT_WORDS: Readonly<Record<string, string>> = { s: 'seconds' };

/**
 * Prometheus names end in their unit, and the serializer omits it. With the unit, a metric has the same name whether Prometheus
 * scrapes `/metrics` or gets it from a collector, so that one dashboard serves both.
 * https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-metadata-1
 */
function withUnitSuffixes(resourceMetrics: ResourceMetrics): ResourceMetrics {
  return {
    ...resourceMetrics,
    scopeMetrics: resourceMetrics.scopeMetrics.map(({ scope, metrics }) => ({ scope, metrics: metrics.map(withUnitSuffix) })),
  };
}

function withUnitSuffix(metric: MetricData): MetricData {
  const unit = UNIT_WORDS[metric.descriptor.unit];
  if (unit === undefined) return metric;
  return { ...metric, descriptor: { ...metric.descriptor, name: `${metric.descriptor.name}_${unit}`, unit } };
}
