import { expect, it } from 'vitest';
import { BACKOFF, backoffDelayMs } from '../../../src/worker/backoff.ts';

it('doubles its ceiling with each failure, up to a minute, and jitters over all of it', () => {
  const ceilings = [1, 2, 3, 6, 7, 8, 1000].map((attempts) => backoffDelayMs(attempts, BACKOFF, () => 1));
  expect(ceilings).toEqual([1000, 2000, 4000, 32_000, 60_000, 60_000, 60_000]);
  expect(backoffDelayMs(5, BACKOFF, () => 0)).toBe(0);
  expect(backoffDelayMs(5, BACKOFF, () => 0.5)).toBe(8000);
});
