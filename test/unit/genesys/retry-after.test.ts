import { describe, expect, it } from 'vitest';
import { retryAfterMs } from '../../../src/genesys/retry-after.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');

describe('Retry-After', () => {
  it.each([
    ['1', 1_000],
    ['42', 42_000],
    [' 30 ', 30_000],
    ['1.5', 1_500],
    ['21600', 21_600_000],
  ])('reads %s seconds', (text, expected) => {
    expect(retryAfterMs(text, null, NOW)).toBe(expected);
  });

  it('reads an HTTP date by our clock when the answer has no date', () => {
    expect(retryAfterMs('Fri, 20 Nov 2026 12:00:42 GMT', null, NOW)).toBe(42_000);
    expect(retryAfterMs('Friday, 20-Nov-26 12:00:42 GMT', null, NOW)).toBe(42_000);
  });

  it("reads an HTTP date by the answer's own date, so that clocks may differ", () => {
    expect(retryAfterMs('Fri, 20 Nov 2026 18:00:42 GMT', 'Fri, 20 Nov 2026 18:00:00 GMT', NOW)).toBe(42_000);
    expect(retryAfterMs('Fri, 20 Nov 2026 12:00:42 GMT', 'not a date', NOW)).toBe(42_000);
  });

  it.each([[null], [''], ['soon'], ['-5'], ['NaN'], ['Infinity'], ['Someday, maybe']])('waits five seconds for %j', (text) => {
    expect(retryAfterMs(text, null, NOW)).toBe(5_000);
  });

  it('takes what the body says where the header says nothing', () => {
    expect(retryAfterMs(null, null, NOW, 12_000)).toBe(12_000);
    expect(retryAfterMs('soon', null, NOW, 12_000)).toBe(12_000);
    expect(retryAfterMs('3', null, NOW, 12_000)).toBe(3_000);
  });

  it('waits at least a second and at most a day', () => {
    expect(retryAfterMs('0', null, NOW)).toBe(1_000);
    expect(retryAfterMs('Fri, 20 Nov 2020 12:00:00 GMT', null, NOW)).toBe(1_000);
    expect(retryAfterMs('999999999999', null, NOW)).toBe(86_400_000);
  });
});
