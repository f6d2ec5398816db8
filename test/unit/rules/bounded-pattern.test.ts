import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundPattern } from '../../../src/rules/bounded-pattern.ts';

function boundOf(source: string): number | string {
  const result = boundPattern(source);
  return result.ok ? result.pattern.maxTextLength : result.fault;
}

describe('boundPattern', () => {
  it.each([
    ['^\\+1[0-9]{10}$', 65_536],
    ['@example\\.com$', 65_536],
    ['vip|gold|platinum', 65_536],
    ['^(vip|gold)-\\d+$', 65_536],
    ['.*', 5477],
    ['^.+@.+\\.com$', 5477],
    ['a.*b.*c', 310],
    ['^(?:ab)+$', 65_536],
    ['^[^\\]]+[)(]?$', 65_536],
    ['^[^]x]?[]?$', 65_536],
  ])('%s', (source, longest) => {
    expect(boundOf(source)).toBe(longest);
  });

  it.each([
    ['(a+)+$', 'it repeats a group'],
    ['(a|a)*$', 'it repeats a group'],
    ['[^](a+)+b]', 'it repeats a group'],
    ['[](a+)+b]', 'it repeats a group'],
    ['(a|b){2,30}', 'it repeats a group'],
    ['(a?){30}', 'it repeats a group'],
    ['((a)*b)*', 'it repeats a group'],
    ['(.*a){12}', 'it repeats a group'],
    ['(a)\\1', 'back references'],
    ['(?=a)b', 'of the groups only'],
    ['(?<!a)b', 'of the groups only'],
    ['(?<n>a)', 'of the groups only'],
    ['.*.*.*.*.*x', 'too many repetitions'],
    ['a{0,900}a{0,900}a{0,900}', 'too many repetitions'],
    ['a{5000}', 'it repeats more than'],
    ['(', 'it is not valid'],
    ['x'.repeat(513), 'it is longer than'],
  ])('refuses %s', (source, reason) => {
    expect(boundOf(source)).toContain(reason);
  });

  it('ends a class where the engine does', () => {
    const inClass = fc.array(fc.constantFrom('a', '^', '[', '(', ')', '+', '*', '\\]', '\\\\', 'a-c'), { maxLength: 5 });
    fc.assert(
      fc.property(inClass, fc.constantFrom('', '^'), (content, negation) => {
        const result = boundPattern(`[${negation}${content.join('')}](a+)+b]`);
        expect(result.ok || result.fault).toMatch(/it repeats a group|it is not valid/);
      }),
    );
  });

  it('never throws, and reads every pattern that it accepts to its end', () => {
    const piece = fc.constantFrom(
      'a',
      '.',
      '\\d',
      '\\.',
      '[ab]',
      '[^\\]]',
      '[^]',
      '[]',
      '[',
      '(',
      '(?:',
      ')',
      '|',
      '*',
      '+',
      '?',
      '{2}',
      '{1,3}',
      '{2,}',
      '^',
      '$',
      '\\b',
      '{',
      ']',
      '}',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const result = boundPattern(pieces.join(''));
        if (result.ok) expect(result.pattern.maxTextLength).toBeGreaterThanOrEqual(64);
        else expect(result.fault).toMatch(/^the regular expression is refused: ./);
      }),
      { numRuns: 3000 },
    );
  });

  it('accepts only what is quick on the longest text that it allows', () => {
    const piece = fc.constantFrom(
      'a',
      '[ab]',
      '[^]',
      '[]?',
      '(a+)+',
      ']?',
      'a*',
      'a+',
      '[ab]*',
      'a?',
      'a{1,9}',
      '(?:ab)*',
      '(a|b)',
      '.*',
      '.+?',
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), fc.boolean(), (pieces, isAnchored) => {
        const result = boundPattern(`${isAnchored ? '^' : ''}${pieces.join('')}X$`);
        // It ends at all: a pattern that backtracks exponentially would run into the time-out of the test.
        if (result.ok) expect(result.pattern.regExp.test('a'.repeat(Math.min(result.pattern.maxTextLength, 2000)))).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});
