import { tracingChannel } from 'node:diagnostics_channel';
import { type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';

/** The message that ioredis publishes for a command; `args` holds event data and is never read. */
interface CommandMessage {
  readonly command: string;
  readonly serverAddress: string;
  readonly serverPort: number | undefined;
  readonly error?: unknown;
}

/**
 * A client span for each Redis command that is sent while a recorded span is active, from ioredis's own diagnostics channel.
 * Commands outside of any trace (blocking waits, stalled checks, lock renewals) get no span.
 */
export function traceRedisCommands(): void {
  const tracer = trace.getTracer('hookpatch');
  const spans = new WeakMap<object, Span>();

  tracingChannel<string, CommandMessage>('ioredis:command').subscribe({
    start(message) {
      if (trace.getActiveSpan()?.isRecording() !== true) return;
      spans.set(message, tracer.startSpan(message.command, { kind: SpanKind.CLIENT, attributes: attributesOf(message) }));
    },
    end() {},
    asyncStart() {},
    asyncEnd(message) {
      spans.get(message)?.end();
    },
    error(message) {
      const type = message.error instanceof Error ? message.error.name : 'error';
      spans.get(message)?.setAttribute('error.type', type).setStatus({ code: SpanStatusCode.ERROR });
    },
  });
}

/** Stable names: https://opentelemetry.io/docs/specs/semconv/db/redis/ */
function attributesOf(message: CommandMessage): Record<string, string | number> {
  return {
    'db.system.name': 'redis',
    'db.operation.name': message.command,
    'server.address': message.serverAddress,
    ...(message.serverPort === undefined ? {} : { 'server.port': message.serverPort }),
  };
}
