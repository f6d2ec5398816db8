import {
  type Context,
  context,
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
export async function withSpan<T>(
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<T>,
  parent: Context = context.active(),
): Promise<T> {
  return tracer.startActiveSpan(name, options, parent, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.recordException(error as Error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The active span's trace, or a fresh one when nothing traces. */
export function currentTraceContext(): TraceContext {
  const span = trace.getActiveSpan()?.spanContext();
  if (span === undefined) return createTraceContext();
  const flags = span.traceFlags.toString(16).padStart(2, '0');
  return parseTraceparent(`00-${span.traceId}-${span.spanId}-${flags}`) ?? createTraceContext();
}

/** The context that a stored `traceparent` stands for; the root context when it is none. */
export function contextOf(traceparent: string): Context {
  const parsed = parseTraceparent(traceparent);
  if (parsed === null) return ROOT_CONTEXT;
  const traceFlags = Number.parseInt(traceparent.slice(53, 55), 16) & TraceFlags.SAMPLED;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId: parsed.traceId, spanId: parsed.spanId, traceFlags, isRemote: true });
}
