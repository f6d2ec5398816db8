import { describe, expect, test } from 'vitest';
import { createReceivingBudget } from '../../../src/receiver/receiving-budget.ts';

function open(budget: ReturnType<typeof createReceivingBudget>) {
  const cutOff: string[] = [];
  const received = budget.open();
  received.onCutOff(({ code }) => cutOff.push(code));
  return { ...received, cutOff };
}

describe('the budget of bytes being received', () => {
  test('cuts the oldest off to make room, never the one that asks, and never a complete one', () => {
    const budget = createReceivingBudget(100);
    const [complete, oldest, newer] = [open(budget), open(budget), open(budget)];
    complete.hold(30);
    complete.complete();
    oldest.hold(40);
    newer.hold(30);
    newer.hold(40);
    expect([complete.cutOff, oldest.cutOff, newer.cutOff]).toEqual([[], ['overloaded'], []]);
    expect(budget.heldBytes).toBe(70);
  });

  test('cuts off none that holds less than the one that asks needs', () => {
    const budget = createReceivingBudget(100);
    const [small, large] = [open(budget), open(budget)];
    small.hold(50);
    expect(() => large.hold(60)).toThrow(expect.objectContaining({ code: 'overloaded' }));
    expect(small.cutOff).toEqual([]);
  });

  test('refuses the newest when nothing can make room, which leaves the others alone', () => {
    const budget = createReceivingBudget(100);
    const complete = open(budget);
    complete.hold(90);
    complete.complete();
    const newest = open(budget);
    expect(() => newest.hold(20)).toThrow(expect.objectContaining({ code: 'overloaded', status: 503 }));
    newest.release();
    expect(budget.heldBytes).toBe(90);
  });

  test('gets back what was held, once, however often it is given back', () => {
    const budget = createReceivingBudget(100);
    const one = open(budget);
    one.hold(60);
    one.hold(50);
    one.release();
    one.release();
    expect(budget.heldBytes).toBe(0);
  });
});
