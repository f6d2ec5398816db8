import { describe, expect, test } from 'vitest';
import { createReceivingBudget } from '../../../src/receiver/receiving-budget.ts';

/** A budget of 100 bytes; `wait` makes everything that is open older. */
function create() {
  const clock = { now: 0 };
  const budget = createReceivingBudget(100, () => clock.now);
  const open = (bytes: number) => {
    const cutOff: string[] = [];
    const received = budget.open();
    received.onCutOff(({ code }) => cutOff.push(code));
    received.hold(bytes);
    return { ...received, cutOff };
  };
  const wait = (ms: number) => {
    clock.now += ms;
  };
  return { budget, open, wait };
}

const OVERLOADED = expect.objectContaining({ code: 'overloaded', status: 503 });

// SECURITY.md: unfinished-bodies
describe('the budget of bytes being received', () => {
  test('cuts off who has been arriving for a second, the oldest first, and never a complete one or the one that asks', () => {
    const { budget, open, wait } = create();
    const complete = open(30);
    complete.complete();
    const [oldest, newer] = [open(30), open(30)];
    wait(1_000);
    const newest = open(40);
    expect([complete.cutOff, oldest.cutOff, newer.cutOff]).toEqual([[], ['overloaded'], []]);
    wait(1_000);
    newest.hold(60);
    expect([complete.cutOff, newer.cutOff, newest.cutOff]).toEqual([[], ['overloaded'], []]);
    expect(budget.heldBytes).toBe(90);
  });

  test('makes room at once for a body that is much smaller, and for no larger one', () => {
    const { budget, open } = create();
    const [first, second] = [open(60), open(40)];
    expect(() => open(30)).toThrow(OVERLOADED);
    expect([first.cutOff, second.cutOff]).toEqual([[], []]);
    open(15);
    expect([first.cutOff, second.cutOff]).toEqual([['overloaded'], []]);
    expect(budget.heldBytes).toBe(55);
  });

  test('cuts off nobody in vain', () => {
    const { budget, open, wait } = create();
    const complete = open(90);
    complete.complete();
    const stalled = open(10);
    wait(1_000);
    expect(() => open(20)).toThrow(OVERLOADED);
    expect(stalled.cutOff).toEqual([]);
    expect(budget.heldBytes).toBe(100);
  });

  test('gets back what was held, once, however often it is given back', () => {
    const { budget, open } = create();
    const one = open(60);
    one.hold(50);
    one.release();
    one.release();
    expect(budget.heldBytes).toBe(0);
  });
});
