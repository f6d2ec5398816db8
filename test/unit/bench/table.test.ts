import { describe, expect, it } from 'vitest';
import { formatNumber, renderTable } from '../../../bench/render-table.ts';
import { atLeastTimes, atMostTimes, below, type Row, ratioOf, verdictOf } from '../../../bench/row.ts';

const row = (ours: number[], theirs: number[] | null, goal: Row['goal']): Row => ({
  scenario: 'ingest',
  metric: 'events/s',
  ours,
  reference: theirs === null ? null : { name: 'baseline', samples: theirs },
  goal,
});

describe('the verdict', () => {
  const twice = atLeastTimes(2, 'baseline');

  it.each([
    ['met in every round', [20, 22, 30], [10, 10, 10], 'met'],
    ['missed in every round', [10, 11, 12], [10, 10, 10], 'missed'],
    ['drowned by noise when the rounds disagree', [25, 15, 26], [10, 10, 10], 'noisy'],
    ['of each round by its own neighbour, whatever the other rounds had', [20, 200], [10, 100], 'met'],
  ] as const)('is %s', (_, ours, theirs, verdict) => {
    expect(verdictOf(row([...ours], [...theirs], twice))).toBe(verdict);
  });

  it('holds a figure without a reference to its limit', () => {
    expect(verdictOf(row([9.9], null, below(10, 'ms')))).toBe('met');
    expect(verdictOf(row([10], null, below(10, 'ms')))).toBe('missed');
  });

  it('is none where there is no goal', () => expect(verdictOf(row([1], [2], null))).toBe('no goal'));

  it('needs a reference for a goal that compares', () => expect(verdictOf(row([1], null, atMostTimes(9, 'it')))).toBe('missed'));
});

describe('the ratio', () => {
  it('is the median of those of the rounds', () => expect(ratioOf(row([10, 40, 90], [10, 20, 30], null))).toBe(2));
  it('is none without a reference', () => expect(ratioOf(row([10], null, null))).toBeNull());
});

describe('the table', () => {
  it('lines up, and is Markdown', () => {
    const rows = [
      row([21_000, 20_000, 22_000], [10_000, 10_000, 10_500], atLeastTimes(1.6, 'baseline')),
      { ...row([1.234], null, below(1.5, 's')), scenario: 'start', note: 'of one round' },
    ];
    expect(renderTable(rows).split('\n')).toEqual([
      '| name   | figure   | goal              | hookpatch | compared with   | ratio | spread   | verdict |',
      '| ------ | -------- | ----------------- | --------- | --------------- | ----- | -------- | ------- |',
      '| ingest | events/s | >= 1.6 x baseline | 21,000    | baseline 10,000 | 2.1   | 10% / 5% | met     |',
      '| start  | events/s | < 1.5 s           | 1.23      |                 |       | -        | met     |',
      '',
      '- start, events/s: of one round',
    ]);
  });

  it.each([
    [0, '0'],
    [0.012345, '0.0123'],
    [2.71234, '2.71'],
    [99.96, '100'],
    [123.4, '123'],
    [1_234_567.8, '1,234,568'],
  ])('writes %d as %s', (value, text) => expect(formatNumber(value)).toBe(text));
});
