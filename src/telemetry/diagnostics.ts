import { context, type DiagLogger, DiagLogLevel, diag, ROOT_CONTEXT } from '@opentelemetry/api';
import { createDampedLog, type Damping } from './damped-log.ts';
import { createLogger } from './logger.ts';
import type { Environment } from './otel-environment.ts';

/** One line for each outage; a message that has been absent for ten minutes is logged again. */
const ONCE_AN_OUTAGE: Damping = { lines: 1, quietMs: 600_000 };

/** OpenTelemetry reports every batch that it cannot deliver. Here this becomes one log line for each outage. */
export function reportOnceAnOutage(env: Environment): void {
  const logger = createLogger(env.LOG_LEVEL ?? 'info').child({ component: 'opentelemetry' });
  const verbose = env.OTEL_LOG_LEVEL?.toLowerCase();
  const isDebugging = verbose === 'debug' || verbose === 'verbose' || verbose === 'all';
  // The trace that was active when a batch was full is unrelated to the error.
  const write: Write = (level, message) => context.with(ROOT_CONTEXT, () => logger[level](message));
  diag.setLogger(createOutageLogger(write), {
    logLevel: isDebugging ? DiagLogLevel.ALL : DiagLogLevel.WARN,
    suppressOverrideMessage: true,
  });
}

type Write = (level: 'debug' | 'warn' | 'error', message: string) => void;

export function createOutageLogger(write: Write): DiagLogger {
  const logs = {
    warn: createDampedLog(({ suppressed }, message) => write('warn', withCount(message, suppressed)), ONCE_AN_OUTAGE),
    error: createDampedLog(({ suppressed }, message) => write('error', withCount(message, suppressed)), ONCE_AN_OUTAGE),
  };
  const once = (level: 'warn' | 'error', fault: string, message: string) => logs[level](fault, {}, message);
  const eachFault =
    (level: 'warn' | 'error') =>
    (message: string, ...details: unknown[]) => {
      const failure = exportFailure(message);
      if (failure !== null) return once(level, 'export', `telemetry is not delivered: ${failure}`);
      const text = describe([message, ...details]);
      once(level, text.replaceAll(/\d+/g, '#'), text);
    };
  const eachTime = (message: string, ...details: unknown[]) => write('debug', describe([message, ...details]));
  return {
    error: eachFault('error'),
    warn: eachFault('warn'),
    info: eachTime,
    debug: eachTime,
    verbose: eachTime,
  };
}

function withCount(message: string, suppressed: unknown): string {
  return suppressed === undefined ? message : `${message} (${suppressed})`;
}

function describe(parts: readonly unknown[]): string {
  return parts.map((part) => (part instanceof Error ? part.message : String(part))).join(' ');
}

/**
 * A batch that was not delivered: the SDK's global error handler passes the error on as JSON with its stack. All reasons count as
 * one error, because an endpoint that is down fails in several ways. `null` for any other message.
 */
function exportFailure(message: string): string | null {
  if (!message.startsWith('{')) return null;
  try {
    return String((JSON.parse(message) as { message?: unknown }).message ?? 'no reason given');
  } catch {
    return null;
  }
}
