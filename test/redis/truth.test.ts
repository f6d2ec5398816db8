import { expect, test } from 'vitest';
import { busiestSecond, findUntruths } from './truth.ts';

const sample = (at: number, ready: boolean) => ({ askedAt: at, answeredAt: at, ready, text: '' });
const attempt = (at: number, accepted: boolean) => ({ sentAt: at, endedAt: at + 10, accepted });

test('finds a readiness that no delivery confirms', () => {
  const attempts = [attempt(0, true), attempt(5_000, false), attempt(10_000, true)];
  const truthful = [sample(500, true), sample(5_500, false), sample(9_500, true)];
  const lies = [sample(5_000, true), sample(0, false), sample(10_000, false)];
  expect(findUntruths([...truthful, ...lies], attempts, { readyMs: 1_000, notReadyMs: 1_000 })).toEqual(lies);
});

test('counts the lines of the busiest second', () => {
  expect(busiestSecond([])).toBe(0);
  expect(busiestSecond([0, 1_000, 2_000])).toBe(1);
  expect(busiestSecond([5, 900, 0, 1_001, 1_899])).toBe(3);
});
