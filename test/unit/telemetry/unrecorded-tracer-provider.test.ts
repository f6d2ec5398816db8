import { context, ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUnrecordedTracerProvider } from '../../../src/telemetry/unrecorded-tracer-provider.ts';

const tracer = createUnrecordedTracerProvider().getTracer('test');
const inbound = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: TraceFlags.SAMPLED };
const parent = trace.setSpanContext(ROOT_CONTEXT, inbound);

describe('a tracer of a process that exports no traces', () => {
  beforeAll(() => context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
  afterAll(() => context.disable());

  it('continues the trace of the parent with a span of its own that is not recorded', () => {
    const span = tracer.startSpan('work', {}, parent);
    expect(span.spanContext()).toMatchObject({ traceId: inbound.traceId, traceFlags: TraceFlags.NONE });
    expect(span.spanContext().spanId).toMatch(/^(?!0{16})[0-9a-f]{16}$/);
    expect(span.spanContext().spanId).not.toBe(inbound.spanId);
    expect(span.isRecording()).toBe(false);
  });

  it('begins traces of their own where there is no parent, and where it is told to', () => {
    const spans = [tracer.startSpan('a', {}, ROOT_CONTEXT), tracer.startSpan('b'), tracer.startSpan('c', { root: true }, parent)];
    const traceIds = spans.map((span) => span.spanContext().traceId);
    for (const traceId of traceIds) expect(traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    expect(new Set([...traceIds, inbound.traceId]).size).toBe(4);
  });

  it('lets the span that is active already serve for work inside it, unless that is to begin a trace', () => {
    tracer.startActiveSpan('outer', (outer) => {
      tracer.startActiveSpan('inner', (inner) => expect(inner.spanContext()).toEqual(outer.spanContext()));
      tracer.startActiveSpan('root', { root: true }, (root) =>
        expect(root.spanContext().traceId).not.toBe(outer.spanContext().traceId),
      );
    });
  });

  it('runs work with the span active, whichever arguments are left out', () => {
    const active = () => trace.getActiveSpan();
    expect(tracer.startActiveSpan('work', (span) => active() === span)).toBe(true);
    expect(tracer.startActiveSpan('work', {}, (span) => active() === span)).toBe(true);
    const traceId = tracer.startActiveSpan('work', {}, parent, (span) => active() === span && span.spanContext().traceId);
    expect(traceId).toBe(inbound.traceId);
  });
});
