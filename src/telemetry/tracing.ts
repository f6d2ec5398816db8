import {
  type Context,
  context,
  isSpanContextValid,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanOptions,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { createTraceContext, parseTraceparent, type TraceContext } from '../domain/trace-context.ts';

const tracer = trace.getTracer('hookpatch');

/** Runs `work` inside a span that ends with it; a rejection marks the span as failed and goes on. */
export function withSpan<T>(
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<T>,
  parent: Context = context.active(),
): Promise<T> {
  return tracer.startActiveSpan(name, options, parent, async (span) => {
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

/** A child span around a step that awaits nothing. Without a recorded span around it, which is most of the time, it costs nothing. What a sender did wrong is no error of ours: a throw does not mark the span. */
export function inSpan<T>(name: string, work: (span: Span | null) => T): T {
  if (trace.getActiveSpan()?.isRecording() !== true) return work(null);
  const span = tracer.startSpan(name);
  try {
    return work(span);
  } finally {
    span.end();
  }
}

/** Marks a span as failed. Takes name, code and message only: errors of libraries carry requests and arguments. */
export function markFailed(span: Span, error: unknown): void {
  if (!span.isRecording()) return;
  const { name, message, code } = error instanceof Error ? (error as Error & { code?: unknown }) : failureOf(error);
  span.setAttribute('error.type', typeof code === 'string' ? code : name);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

function failureOf(error: unknown): { name: string; message: string; code?: unknown } {
  return { name: 'Error', message: typeof error === 'string' ? error : 'not an error object' };
}

/** The active span's trace, or a fresh one when nothing traces. */
export function currentTraceContext(): TraceContext {
  return parseTraceparent(currentTraceparent()) ?? createTraceContext();
}

/** The same as a `traceparent` only, without what each delivery would have to pay for the other forms. */
export function currentTraceparent(): string {
  const span = trace.getActiveSpan()?.spanContext();
  if (span === undefined || !isSpanContextValid(span)) return createTraceContext().traceparent;
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`;
}

/** The context that a stored `traceparent` stands for; the root context when it is none. */
export function contextOf(traceparent: string): Context {
  const parsed = parseTraceparent(traceparent);
  if (parsed === null) return ROOT_CONTEXT;
  const traceFlags = Number.parseInt(traceparent.slice(53, 55), 16) & TraceFlags.SAMPLED;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId: parsed.traceId, spanId: parsed.spanId, traceFlags, isRemote: true });
}

/** Links to the spans that stored `traceparent`s stand for; a text that is none is left out. */
export function linksTo(traceparents: readonly string[]): Link[] {
  return traceparents.flatMap((traceparent) => {
    const spanContext = trace.getSpanContext(contextOf(traceparent));
    return spanContext === undefined ? [] : [{ context: spanContext }];
  });
}
