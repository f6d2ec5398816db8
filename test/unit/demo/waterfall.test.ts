import { describe, expect, test } from 'vitest';
import { renderWaterfall, type WaterfallSpan } from '../../../demo/render/waterfall.ts';

const span = (fields: Partial<WaterfallSpan>): WaterfallSpan => ({
  spanId: 'a',
  parentSpanId: null,
  name: 'POST /webhooks/genesys',
  startMs: 0,
  endMs: 100,
  failed: false,
  ...fields,
});

const names = (spans: WaterfallSpan[]) =>
  renderWaterfall(spans)
    .split('\n')
    .map((line) => line.slice(0, 44).trimEnd());

describe('a waterfall', () => {
  test('puts children below their parent, in order of their start, whatever the order they arrived in', () => {
    const spans = [
      span({ spanId: 'd', parentSpanId: 'c', name: 'GET', startMs: 60 }),
      span({ spanId: 'c', parentSpanId: 'a', name: 'process', startMs: 50 }),
      span({ spanId: 'b', parentSpanId: 'a', name: 'append', startMs: 10 }),
      span({ spanId: 'a', name: 'receive' }),
    ];
    expect(names(spans)).toEqual(['receive', '  append', '  process', '    GET']);
  });

  test('draws the bar where the span ran', () => {
    const [, child = ''] = renderWaterfall([span({}), span({ spanId: 'b', parentSpanId: 'a', startMs: 50 })]).split('\n');
    const bar = child.slice(45, 88);
    expect(bar.indexOf('█')).toBe(22);
    expect(bar.lastIndexOf('█')).toBe(42);
  });

  test('shows a span too short for a character, and one that failed', () => {
    const [, short = '', failed = ''] = renderWaterfall([
      span({}),
      span({ spanId: 'b', parentSpanId: 'a', startMs: 100 }),
      span({ spanId: 'c', parentSpanId: 'a', startMs: 100, failed: true }),
    ]).split('\n');
    expect(short).toContain('█');
    expect(failed).toContain('×');
  });

  test('keeps to 100 columns, however deep and long the names are', () => {
    const deep = Array.from({ length: 40 }, (_, depth) =>
      span({ spanId: `s${depth}`, parentSpanId: depth === 0 ? null : `s${depth - 1}`, name: 'x'.repeat(60), endMs: 1e6 }),
    );
    for (const line of renderWaterfall(deep).split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  test('shortens a long name in its middle', () => {
    const name = 'PATCH /api/v2/conversations/{conversationId}/participants/{participantId}/attributes';
    expect(names([span({ name })])).toEqual(['PATCH /api/v2/conversatio…pantId}/attributes']);
  });

  test('puts a span whose parent was not collected at the top', () => {
    expect(names([span({ spanId: 'b', parentSpanId: 'gone', name: 'process' })])).toEqual(['process']);
  });

  test('says so when there is no span', () => {
    expect(renderWaterfall([])).toBe('(no spans)');
  });
});
