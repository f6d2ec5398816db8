import { describe, expect, test } from 'vitest';
import { renderEvents, renderSummary } from '../../../demo/render/report.ts';
import { outcome, playedCall, playedDelivery } from './played.ts';

const firstRow = (text: string) => text.split('\n')[2];

describe('the table of events', () => {
  test('says for each action what was done, by which rule and why', () => {
    const transfer = { ...outcome, action: 'transfer', outcome: 'dead-lettered', detail: 'no such queue' } as const;
    const rows = renderEvents([playedCall([playedDelivery({}, [outcome, transfer])])])
      .split('\n')
      .slice(2);
    expect(rows[0]).toMatch(/^1 +voice +customer\.start +set attributes: applied +rule tag-trace: written and read/);
    expect(rows.join('\n')).toMatch(/transfer: dead-lettered +rule tag-trace: no such queue/);
  });

  test.each([
    ['a duplicate', playedDelivery({ answer: 'duplicate', processed: null }), /nothing +a duplicate/],
    ['an event without a rule', playedDelivery({ answer: 'ignored', processed: null }), /nothing +no rule matches/],
    [
      'a refused delivery',
      playedDelivery({ answer: 'refused', httpStatus: 401, processed: null }),
      /refused +the service answered 401/,
    ],
    ['an event that is still waiting', playedDelivery({ processed: null }), /nothing yet +the event was accepted/],
  ])('explains %s', (_, delivery, expected) => {
    expect(firstRow(renderEvents([playedCall([delivery])]))).toMatch(expected);
  });

  test('keeps to 100 columns', () => {
    const long = { ...outcome, detail: 'no participant has the id '.repeat(20) + 'x'.repeat(150) };
    const lines = renderEvents([playedCall([playedDelivery({}, [long])])]).split('\n');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
  });
});

describe('the summary', () => {
  test('says how Genesys answered and that a call is as expected', () => {
    const text = renderSummary([{ played: playedCall([]), answers: [200, 412, null], differences: [] }]);
    expect(firstRow(text)).toMatch(/the plain case +200 412 nothing +as expected$/);
  });

  test('names everything that is wrong, within 100 columns', () => {
    const differences = ['0 writes took effect, not 1', 'missing: a transfer'];
    const text = renderSummary([{ played: playedCall([]), answers: Array(40).fill(200), differences }]);
    const verdict = text
      .split('\n')
      .slice(2)
      .map((line) => line.slice(79))
      .join(' ');
    expect(verdict.replaceAll(/\s+/g, ' ')).toContain('WRONG: 0 writes took effect, not 1; missing: a transfer');
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });
});
