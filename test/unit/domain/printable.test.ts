import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, printableJson } from '../../../src/domain/printable.ts';

const INVISIBLE = /[\p{Cc}\p{Cf}]/u;

// SECURITY.md: terminal-escapes
describe('text for a terminal', () => {
  it.each([
    ['an escape sequence', '\u001b[2J\u001b]52;c;eA==\u0007x', '\ufffd[2J\ufffd]52;c;eA==\ufffdx'],
    ['a line break that would begin a line of its own', 'code\r\nrule  x', 'code\ufffd\ufffdrule  x'],
    ['an 8-bit control', '\u009b2J', '\ufffd2J'],
    ['a change of direction', 'a\u202eb', 'a\ufffdb'],
    ['a format character beyond the first plane', 'a\u{e0041}b', 'a\ufffdb'],
    ['nothing to hide', 'Müller – 日本語 👍', 'Müller – 日本語 👍'],
  ])('shows %s', (_, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('as JSON holds none of them, and is read as the same value', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (plain) => {
        const json = printableJson(plain);
        expect(json.replaceAll('\n', '')).not.toMatch(INVISIBLE);
        expect(JSON.parse(json)).toEqual(plain);
      }),
    );
  });

  it('as JSON escapes a format character beyond the first plane by its two units', () => {
    expect(printableJson('a\u{e0041}\u009b')).toBe('"a\\udb40\\udc41\\u009b"');
  });
});
