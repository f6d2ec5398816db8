import {
  type Context,
  isSpanContextValid,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanOptions,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { createTraceContext, parseTraceparent, type TraceContext } from '../domain/trace-context.ts';

const tracer = trace.getTracer('hookpatch');

/** Runs `work` inside a span that ends with it. A rejection marks the span as failed and is passed on. */
export function withSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  return tracer.startActiveSpan(name, options, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      markFailed(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/**
 * A child span around a synchronous step. It costs nothing unless the active span is recorded. A throw does not mark the
 * span as failed, because an invalid delivery is the sender's error and not ours.
 */
export function inSpan<T>(name: string, work: (span: Span | null) => T): T {
  if (trace.getActiveSpan()?.isRecording() !== true) return work(null);
  const span = tracer.startSpan(name);
  try {
    return work(span);
  } finally {
    span.end();
  }
}

/** Marks a span as failed by the name, code and message of `error` only: errors of libraries carry requests and arguments. */
export function markFailed(span: Span, error: unknown): void {
  if (!span.isRecording()) return;
  const { name, message, code } = isFailure(error) ? error : { name: 'Error', message: 'not an error object', code: undefined };
  span.setAttribute('error.type', typeof code === 'string' ? code : name);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

interface Failure {
  readonly name: string;
  readonly message: string;
  readonly code?: unknown;
}

function isFailure(error: unknown): error is Failure {
  const { name, message } = (error ?? {}) as Partial<Failure>;
  return typeof name === 'string' && typeof message === 'string';
}

/** The active span's trace, or a fresh one when nothing traces. */
export function currentTraceContext(): TraceContext {
  return parseTraceparent(currentTraceparent()) ?? createTraceContext();
}

/** Returns only the `traceparent` of the active span's trace: computing the other forms would slow each delivery. */
export function currentTraceparent(): string {
  const span = trace.getActiveSpan()?.spanContext();
  if (span === undefined || !isSpanContextValid(span)) return createTraceContext().traceparent;
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`;
}

/** The span that a stored trace names, as a remote one. */
function spanContextOf({ traceId, spanId, traceparent }: TraceContext): SpanContext {
  const traceFlags = Number.parseInt(traceparent.slice(53, 55), 16) & TraceFlags.SAMPLED;
  return { traceId, spanId, traceFlags, isRemote: true };
}

/** The context of a stored trace. */
export function contextOf(stored: TraceContext): Context {
  return trace.setSpanContext(ROOT_CONTEXT, spanContextOf(stored));
}

/** Links to the spans of stored traces. */
export function linksTo(stored: readonly TraceContext[]): Link[] {
  return stored.map((each) => ({ context: spanContextOf(each) }));
}
