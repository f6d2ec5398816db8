import { context, metrics, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { type IMetricReader, MeterProvider } from '@opentelemetry/sdk-metrics';
import { AlwaysOffSampler, NoopSpanProcessor } from '@opentelemetry/sdk-trace';
import { reportOnceAnOutage } from './diagnostics.ts';
import { type Environment, isExported, isSdkDisabled } from './otel-environment.ts';
import { createOtlpMetricReader } from './otlp-metric-reader.ts';
import { createPrometheusReader } from './prometheus.ts';
import { traceRedisCommands } from './redis-spans.ts';
import { createResource } from './resource.ts';
import { createUnrecordedTracerProvider } from './unrecorded-tracer-provider.ts';

/** The limit of flushing at the end of the process: a collector that is down must not delay a shutdown. */
const FLUSH_LIMIT_MS = 3_000;

let stop: (() => Promise<unknown>) | null = null;

/**
 * Registers the providers of traces and metrics, once a process. With `OTEL_SDK_DISABLED=true` it does nothing. Without an OTLP
 * endpoint nothing is exported and no span is recorded. But trace ids are real and an inbound `traceparent` is continued, because
 * rules write them into conversations.
 */
export async function startTelemetry(env: Environment): Promise<void> {
  if (stop !== null || isSdkDisabled(env)) return;
  const exportsTraces = isExported(env, 'traces');
  const exportsMetrics = isExported(env, 'metrics');
  if (exportsTraces || exportsMetrics) stop = await startExporting(env, exportsTraces, exportsMetrics);
  else stop = startWithoutExport();
  // Loaded only now: it loads the metrics, whose instruments report to the provider that is registered by then.
  const { traceRequests } = await import('./server-span.ts');
  traceRequests();
  if (exportsTraces) traceRedisCommands();
}

/** Sends all pending data, for at most 3 s, and never fails. */
export async function shutdownTelemetry(): Promise<void> {
  if (stop === null) return;
  const stopping = stop().catch(() => undefined);
  stop = null;
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, FLUSH_LIMIT_MS);
  });
  await Promise.race([stopping, limit]);
  clearTimeout(timer);
}

function startWithoutExport(): () => Promise<unknown> {
  const meterProvider = new MeterProvider({ resource: createResource(), readers: [createPrometheusReader()] });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(createUnrecordedTracerProvider());
  metrics.setGlobalMeterProvider(meterProvider);
  return () => meterProvider.shutdown();
}

/** The SDK reads its other variables itself: samplers, limits, batching, headers, certificates, protocols. */
async function startExporting(env: Environment, exportsTraces: boolean, exportsMetrics: boolean) {
  // Loaded only when needed: it adds about 0.2 s to every start with its exporters.
  const { startNodeSdk } = await import('@opentelemetry/sdk-node');
  const metricReaders: IMetricReader[] = [createPrometheusReader()];
  if (exportsMetrics) metricReaders.push(await createOtlpMetricReader(env));
  const sdk = startNodeSdk({
    baseResource: createResource(),
    ...(env.OTEL_NODE_RESOURCE_DETECTORS ? {} : { resourceDetectors: [] }),
    ...(exportsTraces ? {} : { spanProcessors: [new NoopSpanProcessor()], sampler: new AlwaysOffSampler() }),
    metricReaders,
    logRecordProcessors: [],
  });
  reportOnceAnOutage(env);
  return () => sdk.shutdown();
}
