import { describe, expect, it } from 'vitest';
import { createByteBudget } from '../../../src/worker/byte-budget.ts';

/** Whether it resolved after all that could. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([promise.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))]);
}

describe('a byte budget', () => {
  it('lets in as many as fit, and the next in order of asking', async () => {
    const budget = createByteBudget(10);
    const first = await budget.reserve(6);
    const [second, third] = [budget.reserve(6), budget.reserve(1)];
    expect([await isSettled(second), await isSettled(third)]).toEqual([false, false]);
    first.shrinkTo(4);
    expect([await isSettled(second), await isSettled(third)]).toEqual([true, false]);
    first.shrinkTo(0);
    expect(await isSettled(third)).toBe(true);
  });

  it('never lets a holder grow past the budget, or past those that wait', async () => {
    const budget = createByteBudget(10);
    const held = await budget.reserve(4);
    expect([held.grow(6), held.grow(1)]).toEqual([true, false]);
    held.shrinkTo(8);
    const waits = budget.reserve(5);
    expect(held.grow(1)).toBe(false);
    held.shrinkTo(0);
    expect(await isSettled(waits)).toBe(true);
  });

  it('takes what is larger than the whole alone', async () => {
    const budget = createByteBudget(10);
    const large = await budget.reserve(25);
    const next = budget.reserve(1);
    expect(await isSettled(next)).toBe(false);
    large.shrinkTo(25);
    expect(await isSettled(next)).toBe(false);
    large.shrinkTo(0);
    expect(await isSettled(next)).toBe(true);
  });
});
