import { expect, it } from 'vitest';
import { isExported, isSdkDisabled, millisecondsOr, otlpProtocol } from '../../../src/telemetry/otel-environment.ts';

it.each([
  [{}, false, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: '  ' }, false, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }, true, true],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/v1/traces' }, true, false],
  [{ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://collector:4318/v1/metrics' }, false, true],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', OTEL_METRICS_EXPORTER: 'none' }, true, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', OTEL_TRACES_EXPORTER: 'none' }, false, true],
  [{ OTEL_METRICS_EXPORTER: 'otlp' }, false, false],
])('%j exports traces: %s, metrics: %s', (env, traces, metrics) => {
  expect([isExported(env, 'traces'), isExported(env, 'metrics')]).toEqual([traces, metrics]);
});

it.each([
  [{}, 'http/protobuf'],
  [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'grpc'],
  [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json' }, 'http/json'],
  [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'carrier-pigeon' }, 'http/protobuf'],
])('%j pushes metrics by %s', (env, protocol) => {
  expect(otlpProtocol(env, 'metrics')).toBe(protocol);
});

it.each([
  ['250', 250],
  ['', 1000],
  ['0', 1000],
  ['soon', 1000],
])('reads %j as %i milliseconds where 1000 is the default', (value, expected) => {
  expect(millisecondsOr({ INTERVAL: value }, 'INTERVAL', 1000)).toBe(expected);
});

it('is disabled by "true" in any case, and by nothing else', () => {
  expect([' TRUE ', 'true', 'false', '1', ''].map((value) => isSdkDisabled({ OTEL_SDK_DISABLED: value }))).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
