import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median, percentile, spread } from '../../../bench/statistics.ts';

const samples = fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1 });

describe('the median', () => {
  it.each([
    [[7], 7],
    [[9, 1, 5], 5],
    [[4, 1, 3, 2], 2.5],
  ])('of %j is %d', (values, expected) => expect(median(values)).toBe(expected));

  it('does not change with the order, which it leaves as it was', () => {
    const values = [3, 1, 2];
    expect(median(values)).toBe(2);
    expect(values).toEqual([3, 1, 2]);
  });

  it('refuses to tell it of nothing', () => expect(() => median([])).toThrow(RangeError));
});

describe('a percentile', () => {
  const oneToHundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  it.each([
    [50, 50],
    [99, 99],
    [99.9, 100],
    [100, 100],
    [0, 1],
  ])('%d of 1 to 100 is %d', (percent, expected) => expect(percentile(oneToHundred, percent)).toBe(expected));

  it('is a sample that at least so many are not above', () => {
    fc.assert(
      fc.property(samples, fc.double({ min: 0.1, max: 100, noNaN: true }), (values, percent) => {
        const found = percentile(values, percent);
        expect(values).toContain(found);
        expect(values.filter((value) => value <= found).length).toBeGreaterThanOrEqual((percent / 100) * values.length - 1e-9);
      }),
    );
  });

  it('refuses to tell it of nothing', () => expect(() => percentile([], 50)).toThrow(RangeError));
});

describe('the spread', () => {
  it.each([
    [[5], 0],
    [[5, 5], 0],
    [[90, 100, 110], 0.2],
    [[0, 0], 0],
  ])('of %j is %d', (values, expected) => expect(spread(values)).toBeCloseTo(expected));

  it('is the same in any unit', () => {
    fc.assert(
      fc.property(samples, (values) => {
        expect(spread(values.map((value) => value * 8))).toBeCloseTo(spread(values));
      }),
    );
  });
});
