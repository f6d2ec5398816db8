import { SpanStatusCode, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { traceOf } from '../../../src/domain/inbox-entry.ts';
import type { Outcome } from '../../../src/domain/outcome.ts';
import { startBatchSpans } from '../../../src/telemetry/messaging-spans.ts';
import { contextOf, currentTraceContext, linksTo, withSpan } from '../../../src/telemetry/tracing.ts';
import { sampleEntry } from '../../sample-entry.ts';

const TRACEPARENT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const exporter = new InMemorySpanExporter();

describe('tracing', () => {
  beforeAll(() => trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })));
  afterAll(() => trace.disable());
  beforeEach(() => exporter.reset());

  it('makes a remote context of the trace of an entry, which is parsed once', () => {
    const entry = { ...sampleEntry('c-1', 'a'), traceparent: TRACEPARENT };
    expect(trace.getSpanContext(contextOf(traceOf(entry)))).toMatchObject({
      traceFlags: 1,
      isRemote: true,
      spanId: 'b'.repeat(16),
    });
    expect(traceOf(entry)).toBe(traceOf(entry));
    expect(linksTo([traceOf(entry)])).toMatchObject([{ context: { traceId: 'a'.repeat(32) } }]);
  });

  it('gives an entry whose trace is damaged one of its own', () => {
    const entry = { ...sampleEntry('c-1', 'a'), traceparent: 'nonsense' };
    expect(traceOf(entry).traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(traceOf(entry)).toBe(traceOf(entry));
  });

  it('has a valid trace where nothing traces', () => {
    expect(currentTraceContext().traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  });

  it('marks the span of work that fails by its code, and passes the error on', async () => {
    const error = Object.assign(new Error('gone'), { code: 'not.found', body: 'do-not-export' });
    await expect(withSpan('work', {}, () => Promise.reject(error))).rejects.toBe(error);
    const [span] = exporter.getFinishedSpans();
    expect(span).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'gone' },
      attributes: { 'error.type': 'not.found' },
    });
    expect(span?.events).toEqual([]);
  });
});

describe('the spans of a batch', () => {
  beforeAll(() => trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })));
  afterAll(() => trace.disable());
  beforeEach(() => exporter.reset());

  const deadLetter: Outcome = {
    kind: 'dead-lettered',
    reason: 'permission-missing',
    detail: 'The permission conversation:participant:wrapup is missing.',
    rule: 'wrap-up',
    action: 'applyWrapup',
    participantId: null,
    genesys: { status: 403, code: 'missing.permissions', message: 'no', correlationId: 'corr-1' },
  };

  it('fail with a dead letter, in the trace of its own event only', () => {
    const entries = [
      sampleEntry('conversation-1', 'first', { traceparent: TRACEPARENT }),
      sampleEntry('conversation-1', 'second', { traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01` }),
    ];
    const batch = startBatchSpans('conversation-1', entries);
    batch.recordOutcome(entries[1] as (typeof entries)[number], deadLetter);
    batch.end();
    const [second, first] = exporter.getFinishedSpans();
    expect(first?.status.code).toBe(SpanStatusCode.UNSET);
    expect(second).toMatchObject({ status: { code: SpanStatusCode.ERROR }, attributes: { 'error.type': 'permission-missing' } });
    expect(second?.events[0]?.attributes).toMatchObject({
      'genesys.correlation_id': 'corr-1',
      'genesys.error.code': 'missing.permissions',
    });
  });

  it('take in events that came while it was under way, linked both ways', () => {
    const batch = startBatchSpans('conversation-1', [sampleEntry('conversation-1', 'first', { traceparent: TRACEPARENT })]);
    batch.join([sampleEntry('conversation-1', 'late', { traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01` })]);
    batch.end();
    const [late, first] = exporter.getFinishedSpans();
    expect(first?.links.map(({ context }) => context.traceId)).toEqual(['c'.repeat(32)]);
    expect(late?.spanContext().traceId).toBe('c'.repeat(32));
    expect(late?.links.map(({ context }) => context.spanId)).toEqual([first?.spanContext().spanId]);
  });

  it('all fail when the batch does', () => {
    const batch = startBatchSpans('conversation-1', [
      sampleEntry('conversation-1', 'first', { traceparent: TRACEPARENT }),
      sampleEntry('conversation-1', 'second', { traceparent: TRACEPARENT }),
    ]);
    batch.end(new Error('Redis is gone'));
    expect(exporter.getFinishedSpans().map((span) => span.status.message)).toEqual(['Redis is gone', 'Redis is gone']);
  });

  it('continue the trace of an event that is tried again', () => {
    for (const attempts of [0, 1])
      startBatchSpans('conversation-1', [
        { ...sampleEntry('conversation-1', 'first', { traceparent: TRACEPARENT }), attempts },
      ]).end();
    expect(
      exporter.getFinishedSpans().map((span) => [span.spanContext().traceId, span.attributes['hookpatch.event.attempts']]),
    ).toEqual([
      ['a'.repeat(32), 0],
      ['a'.repeat(32), 1],
    ]);
  });
});
