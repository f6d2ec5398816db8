import { isSpanContextValid, trace } from '@opentelemetry/api';
import { type DestinationStream, type Level, type Logger, pino } from 'pino';
import packageJson from '../../package.json' with { type: 'json' };
import { redactFields } from './redact-fields.ts';
import { serializeError } from './serialize-error.ts';

export type { Logger } from 'pino';

/**
 * JSON lines on standard output (or `destination`): ISO 8601 time, level as a word, service name, and the ids of the
 * active trace. An unknown level counts as `info`, because logging must work before the configuration is checked.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level: isLevel(level) ? level : 'info',
    base: { service: packageJson.name },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }), log: redactFields },
    mixin: activeTrace,
    serializers: { err: serializeError, error: serializeError, req: serializeRequest, res: serializeReply },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

function isLevel(level: string): level is Level | 'silent' {
  return level === 'silent' || level in pino.levels.values;
}

/** Field names as OpenTelemetry's own log correlation has them. */
function activeTrace(): Record<string, string> {
  const span = trace.getActiveSpan()?.spanContext();
  if (span === undefined || !isSpanContextValid(span)) return {};
  return { trace_id: span.traceId, span_id: span.spanId };
}

/** The query is left out: it is the caller's text. */
function serializeRequest(request: { method?: string; url?: string }): Record<string, unknown> {
  return { method: request.method, path: request.url?.split('?', 1)[0] };
}

function serializeReply(reply: { statusCode?: number }): Record<string, unknown> {
  return { status: reply.statusCode };
}
