/** OpenTelemetry's own variables that hookpatch itself must read; the SDK reads the others. */
export type Environment = Readonly<Record<string, string | undefined>>;
export type Signal = 'traces' | 'metrics';

export function isSdkDisabled(env: Environment): boolean {
  return env.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true';
}

/** Nothing is exported unless an endpoint is set: OpenTelemetry's default of localhost would be a guess. */
export function isExported(env: Environment, signal: Signal): boolean {
  const endpoint = valueFor(env, signal, 'ENDPOINT');
  return endpoint !== undefined && exporters(env, signal).includes('otlp');
}

export type OtlpProtocol = 'grpc' | 'http/json' | 'http/protobuf';

/** Default `http/protobuf`, also for a value that OpenTelemetry does not know. */
export function otlpProtocol(env: Environment, signal: Signal): OtlpProtocol {
  const protocol = valueFor(env, signal, 'PROTOCOL');
  return protocol === 'grpc' || protocol === 'http/json' ? protocol : 'http/protobuf';
}

/** A positive number of milliseconds; anything else is the default. */
export function millisecondsOr(env: Environment, name: string, defaultMs: number): number {
  const value = Number(env[name]?.trim() || Number.NaN);
  return Number.isFinite(value) && value > 0 ? value : defaultMs;
}

function exporters(env: Environment, signal: Signal): string[] {
  const listed = env[`OTEL_${signal.toUpperCase()}_EXPORTER`]?.trim() || 'otlp';
  return listed.split(',').map((name) => name.trim().toLowerCase());
}

/** The variable of the signal, else the one for all signals; an empty variable counts as unset, as in the specification. */
function valueFor(env: Environment, signal: Signal, setting: 'ENDPOINT' | 'PROTOCOL'): string | undefined {
  const own = env[`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${setting}`]?.trim();
  return own || env[`OTEL_EXPORTER_OTLP_${setting}`]?.trim() || undefined;
}
