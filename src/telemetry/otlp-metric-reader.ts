import { type IMetricReader, PeriodicExportingMetricReader, type PushMetricExporter } from '@opentelemetry/sdk-metrics';
import { showCurrentGauges } from './current-gauges.ts';
import { type Environment, millisecondsOr, type OtlpProtocol, otlpProtocol } from './otel-environment.ts';

/** The SDK makes its own reader from the environment only when it gets no reader, and `/metrics` needs one in addition. */
export async function createOtlpMetricReader(env: Environment): Promise<IMetricReader> {
  const exportIntervalMillis = millisecondsOr(env, 'OTEL_METRIC_EXPORT_INTERVAL', 60_000);
  const exportTimeoutMillis = millisecondsOr(env, 'OTEL_METRIC_EXPORT_TIMEOUT', 30_000);
  const reader = new PeriodicExportingMetricReader({
    exporter: await exporterFor[otlpProtocol(env, 'metrics')](),
    exportIntervalMillis,
    exportTimeoutMillis: Math.min(exportTimeoutMillis, exportIntervalMillis),
  });
  return showCurrentGauges(reader);
}

const exporterFor: Readonly<Record<OtlpProtocol, () => Promise<PushMetricExporter>>> = {
  grpc: async () => new (await import('@opentelemetry/exporter-metrics-otlp-grpc')).OTLPMetricExporter(),
  'http/json': async () => new (await import('@opentelemetry/exporter-metrics-otlp-http')).OTLPMetricExporter(),
  'http/protobuf': async () => new (await import('@opentelemetry/exporter-metrics-otlp-proto')).OTLPMetricExporter(),
};
