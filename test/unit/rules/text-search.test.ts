import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findLastText, findText, splitText } from '../../../src/rules/text-search.ts';

/** Few letters and many repeats, so that needles longer than the engine's search is used for do occur. */
const period = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 });
const text = fc
  .array(fc.tuple(period, fc.integer({ min: 1, max: 30 })), { maxLength: 6 })
  .map((parts) => parts.map(([part, times]) => part.repeat(times)).join(''));
const textAndPart = text.chain((whole) =>
  fc
    .tuple(fc.integer({ min: 0, max: whole.length }), fc.integer({ min: 0, max: whole.length }), text)
    .map(([begin, end, other]) => [whole, begin < end ? whole.slice(begin, end) : other] as const),
);

describe('searching a text', () => {
  it('finds what the engine finds, for short and for long needles', () => {
    fc.assert(
      fc.property(textAndPart, fc.nat(100), ([whole, part], from) => {
        expect(findText(whole, part)).toBe(whole.indexOf(part));
        expect(findText(whole, part, from)).toBe(whole.indexOf(part, from));
        expect(findLastText(whole, part)).toBe(whole.lastIndexOf(part));
        expect(findLastText(whole, part, from)).toBe(whole.lastIndexOf(part, from));
      }),
      { numRuns: 2000 },
    );
  });

  it('splits as the engine does, and keeps what is beyond the limit in the last part', () => {
    fc.assert(
      fc.property(textAndPart, fc.integer({ min: 1, max: 5 }), ([whole, separator], limit) => {
        const all = whole.split(separator);
        expect(splitText(whole, separator, 10_000)).toEqual(all);
        const limited = all.length <= limit ? all : [...all.slice(0, limit - 1), all.slice(limit - 1).join(separator)];
        expect(splitText(whole, separator, limit)).toEqual(limited);
      }),
      { numRuns: 2000 },
    );
  });
});
