import { expect, onTestFinished, test } from 'vitest';
import { readTraceExport, startSpanCollector } from '../../../demo/span-collector.ts';

const exported = (spans: readonly object[]) => ({ resourceSpans: [{ scopeSpans: [{ spans }] }] }) as never;
const span = {
  traceId: 't1',
  spanId: 's1',
  parentSpanId: '',
  name: 'receive',
  startTimeUnixNano: '1795212000000250000',
  endTimeUnixNano: '1795212000001000000',
  status: { code: 2 },
};

test('reads times as milliseconds, a missing parent as null, and an error status as failed', () => {
  expect(readTraceExport(exported([span]))).toEqual([
    {
      traceId: 't1',
      span: { spanId: 's1', parentSpanId: null, name: 'receive', startMs: 1795212000000.25, endMs: 1795212000001, failed: true },
    },
  ]);
});

test('reads an export without spans', () => {
  expect(readTraceExport({})).toEqual([]);
});

test('keeps the spans of several exports by trace, and answers success to metrics', async () => {
  const collector = await startSpanCollector();
  onTestFinished(() => collector.stop());
  const post = (path: string, body: unknown) =>
    fetch(collector.endpoint + path, { method: 'POST', body: JSON.stringify(body) }).then(({ status }) => status);
  expect(await post('/v1/traces', exported([span]))).toBe(200);
  expect(await post('/v1/traces', exported([{ ...span, spanId: 's2', parentSpanId: 's1' }]))).toBe(200);
  expect(await post('/v1/metrics', {})).toBe(200);
  expect(collector.spansOf('t1').map(({ spanId }) => spanId)).toEqual(['s1', 's2']);
  expect(collector.spansOf('t2')).toEqual([]);
});
