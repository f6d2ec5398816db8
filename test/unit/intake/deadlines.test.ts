import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createDeadlines } from '../../../src/intake/deadlines.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('each deadline expires in its time, unless it was met, with one timer for all', () => {
  const start = createDeadlines(120);
  const expired: string[] = [];
  start(() => expired.push('a'));
  vi.advanceTimersByTime(40);
  const met = start(() => expired.push('met'));
  const metLate = start(() => expired.push('met in its last part'));
  start(() => {
    expired.push('b');
    start(() => expired.push('begun by b'));
  });
  vi.advanceTimersByTime(20);
  met();
  start(() => expired.push('c'));
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(59);
  expect(expired).toEqual([]);
  vi.advanceTimersByTime(2);
  expect(expired).toEqual(['a']);
  vi.advanceTimersByTime(30);
  metLate();
  vi.advanceTimersByTime(10);
  expect(expired).toEqual(['a', 'b']);
  vi.advanceTimersByTime(20);
  expect(expired).toEqual(['a', 'b', 'c']);
  vi.advanceTimersByTime(120);
  expect(expired).toEqual(['a', 'b', 'c', 'begun by b']);
  expect(vi.getTimerCount()).toBe(0);
});
