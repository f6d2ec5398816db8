import { context, type DiagLogger, DiagLogLevel, diag, ROOT_CONTEXT } from '@opentelemetry/api';
import { createLogger } from './logger.ts';
import type { Environment } from './otel-environment.ts';

/** A fault that has not come back for this long is over; the next one is news again. */
const QUIET_MS = 600_000;

/**
 * OpenTelemetry complains about every batch that it cannot deliver. Here it is one log line an outage: a complaint is
 * dropped until it has been absent for ten minutes.
 */
export function reportOnceAnOutage(env: Environment): void {
  const logger = createLogger(env.LOG_LEVEL ?? 'info').child({ component: 'opentelemetry' });
  const verbose = env.OTEL_LOG_LEVEL?.toLowerCase();
  const isDebugging = verbose === 'debug' || verbose === 'verbose' || verbose === 'all';
  // Whichever trace was active when a batch was full has nothing to do with the fault.
  const write: Write = (level, message) => context.with(ROOT_CONTEXT, () => logger[level](message));
  diag.setLogger(createOutageLogger(write, Date.now), {
    logLevel: isDebugging ? DiagLogLevel.ALL : DiagLogLevel.WARN,
    suppressOverrideMessage: true,
  });
}

type Write = (level: 'debug' | 'warn' | 'error', message: string) => void;

/** `now` answers epoch milliseconds. */
export function createOutageLogger(write: Write, now: () => number): DiagLogger {
  const lastSeen = new Map<string, number>();
  const once = (level: 'warn' | 'error', fault: string, message: string) => {
    const seenAt = lastSeen.get(fault);
    lastSeen.set(fault, now());
    if (seenAt === undefined || now() - seenAt > QUIET_MS) write(level, message);
  };
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

function describe(parts: readonly unknown[]): string {
  return parts.map((part) => (part instanceof Error ? part.message : String(part))).join(' ');
}

/**
 * A batch that was not delivered: the SDK's global error handler passes the error on as JSON with its stack. It is one
 * fault whatever the reason, because an endpoint that is down fails in several ways. `null` for any other message.
 */
function exportFailure(message: string): string | null {
  if (!message.startsWith('{')) return null;
  try {
    return String((JSON.parse(message) as { message?: unknown }).message ?? 'no reason given');
  } catch {
    return null;
  }
}
