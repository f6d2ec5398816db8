import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderTable, wrap } from '../../../demo/render/table.ts';

describe('a table', () => {
  test('has a title row, a rule and a line for each row', () => {
    const columns = [
      { title: 'call', width: 6 },
      { title: 'outcome', width: 9 },
    ];
    expect(renderTable(columns, [['voice', 'applied']])).toBe(
      ['call    outcome', '──────  ─────────', 'voice   applied'].join('\n'),
    );
  });

  test('wraps a long cell between words and leaves the others of its row empty below', () => {
    const columns = [
      { title: 'what', width: 4 },
      { title: 'why', width: 11 },
    ];
    expect(
      renderTable(columns, [['mail', 'the participant ended']])
        .split('\n')
        .slice(2),
    ).toEqual(['mail  the', '      participant', '      ended']);
  });

  test('loses no character, whatever the text and the width', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 40 }), (text, width) => {
        const lines = wrap(text, width);
        expect(lines.join('').replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''));
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
      }),
    );
  });
});
