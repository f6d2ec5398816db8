import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agesOfWrites } from '../../../bench/model/ages-of-writes.ts';
import { createPacer, createSlot } from '../../../bench/model/create-pacer.ts';
import { median } from '../../../bench/statistics.ts';
import { createVirtualClock } from '../../../harness/virtual-clock.ts';
import type { Clock } from '../../../src/genesys/clock.ts';
import { LANES, type Lane } from '../../../src/genesys/lane.ts';
import { RateBudget } from '../../../src/genesys/pacing/rate-budget.ts';

const MINUTE_MS = 60_000;
const READ = { lane: 'read', stage: 'get-conversation' } as const;

/** The pacer of one token. What it allows is reviewed after a pause, as the sender does. */
function paced(ratePerMinute: number, clock: Clock) {
  const slot = createSlot(ratePerMinute, clock);
  const pacer = createPacer(clock, [slot]);
  const pause = (delayMs: number) => {
    slot.budget.pause(delayMs);
    pacer.review();
  };
  return { pacer, pause };
}

/** The largest number of grants in any window of 60 seconds, its ends included. */
function busiestMinute(grants: readonly number[]): number {
  return Math.max(0, ...grants.map((end) => grants.filter((at) => at >= end - MINUTE_MS && at <= end).length));
}

describe('pacer', () => {
  it('never grants more than the rate in any 60 seconds, whatever the arrivals and pauses', async () => {
    const step = fc.record({
      gapMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20_000 })),
      requests: fc.integer({ min: 0, max: 40 }),
      pauseMs: fc.option(fc.integer({ min: 1, max: 30_000 }), { freq: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 400 }), fc.array(step, { maxLength: 20 }), async (rate, steps) => {
        const clock = createVirtualClock();
        const { pacer, pause } = paced(rate, clock);
        const grants: number[] = [];
        let asked = 0;
        for (const { gapMs, requests, pauseMs } of steps) {
          await clock.advance(gapMs);
          for (let i = 0; i < requests; i++) void pacer.acquire(READ).then(() => grants.push(clock.now()));
          asked += requests;
          if (pauseMs !== null) pause(pauseMs);
          await Promise.resolve();
        }
        await clock.advance(((asked + 1) / rate) * 62_000 + 62_000 + 30_000);
        expect(grants).toHaveLength(asked);
        expect(busiestMinute(grants)).toBeLessThanOrEqual(rate);
      }),
      { numRuns: 60 },
    );
  });

  it('uses nearly the whole rate when it is always asked', async () => {
    const clock = createVirtualClock();
    const { pacer } = paced(300, clock);
    let granted = 0;
    for (let i = 0; i < 3_000; i++) void pacer.acquire(READ).then(() => granted++);
    await clock.advance(5 * MINUTE_MS);
    expect(granted).toBeGreaterThan(5 * 300 * 0.9);
    expect(granted).toBeLessThanOrEqual(5 * 300);
  });

  it('grants the reads of a conversation that is hastened before those that came earlier, and after writes', async () => {
    const clock = createVirtualClock();
    const { pacer } = paced(60, clock);
    const order: string[] = [];
    const ask = (name: string, lane: Lane, conversationId?: string) =>
      void pacer.acquire({ lane, stage: 'get-conversation', conversationId }).then(() => order.push(name));
    for (let i = 0; i < 3; i++) ask('burst', 'read');
    ask('earlier', 'read', 'c-1');
    ask('hastened', 'repair', 'c-2');
    pacer.hasten('c-2');
    ask('write', 'write', 'c-1');
    await clock.advance(4_000);
    expect(order.slice(3)).toEqual(['write', 'hastened', 'earlier']);
  });

  it('grants a write and an urgent read at once, although reads of attributes have waited for long', async () => {
    const clock = createVirtualClock();
    const { pacer } = paced(300, clock);
    for (let i = 0; i < 200; i++) void pacer.acquire(READ);
    await clock.advance(20_000);
    const waits: number[] = [];
    for (const lane of ['urgent-read', 'write', 'write'] as const) {
      const askedAt = clock.now();
      void pacer.acquire({ lane, stage: 'get-conversation' }).then(() => waits.push(clock.now() - askedAt));
    }
    await clock.advance(1_000);
    expect(waits).toEqual([0, 0, 0]);
  });

  it('grants a small burst at once, then keeps the pace, first come first served', async () => {
    const clock = createVirtualClock();
    const { pacer } = paced(300, clock);
    const order: number[] = [];
    for (let i = 0; i < 20; i++) void pacer.acquire(READ).then(() => order.push(i));
    await clock.advance(0);
    expect(order).toEqual(Array.from({ length: 15 }, (_, i) => i));
    await clock.advance(10_000);
    expect(order).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it('grants by lane, and within a lane first come, first served', async () => {
    const clock = createVirtualClock();
    const { pacer, pause } = paced(60, clock);
    const order: string[] = [];
    const ask = (lane: Lane, name: string) => void pacer.acquire({ ...READ, lane }).then(() => order.push(name));
    pause(1000);
    for (const round of [1, 2]) for (const lane of LANES.toReversed()) ask(lane, `${lane} ${round}`);
    await clock.advance(MINUTE_MS);
    expect(order).toEqual(LANES.flatMap((lane) => [`${lane} 1`, `${lane} 2`]));
  });

  it('lets no lane starve, however many wait in better ones', async () => {
    for (const starving of LANES) {
      const clock = createVirtualClock();
      const { pacer } = paced(300, clock);
      const order: Lane[] = [];
      const ask = (lane: Lane): void => void pacer.acquire({ ...READ, lane }).then(() => order.push(lane));
      for (let i = 0; i < 300; i++) for (const lane of LANES) if (lane !== starving) ask(lane);
      for (let i = 0; i < 3; i++) ask(starving);
      await clock.advance(MINUTE_MS);
      expect(
        order.filter((lane) => lane === starving),
        starving,
      ).toHaveLength(3);
    }
  });

  it('sends a write moments after the fetch that it rests on, however many fetches wait', async () => {
    const ages = await agesOfWrites({
      ratePerMinute: 300,
      conversations: 50,
      laneOf: (call) => (call === 'fetch' ? 'read' : 'write'),
    });
    expect(median(ages)).toBeLessThan(500);
  });

  it('forgets a waiter whose signal is aborted, and keeps its turn for the next', async () => {
    const clock = createVirtualClock();
    const { pacer } = paced(1, clock);
    await pacer.acquire(READ);
    const controller = new AbortController();
    const abandoned = pacer.acquire(READ, controller.signal);
    const next = pacer.acquire(READ);
    controller.abort(new Error('enough'));
    await expect(abandoned).rejects.toThrow('enough');
    await clock.advance(62_000);
    await expect(next).resolves.not.toBeNull();
    await expect(pacer.acquire(READ, controller.signal)).rejects.toThrow('enough');
  });

  it('holds those that wait already when a pause begins, and starts again without a burst', async () => {
    const clock = createVirtualClock();
    const { pacer, pause } = paced(300, clock);
    pause(20_000);
    const grants: number[] = [];
    const start = clock.now();
    for (let i = 0; i < 10; i++) void pacer.acquire(READ).then(() => grants.push(clock.now() - start));
    await clock.advance(19_999);
    expect(grants).toEqual([]);
    await clock.advance(1);
    expect(grants).toEqual([20_000]);
    await clock.advance(10_000);
    expect(grants).toHaveLength(10);
  });

  it('turns everybody away during a pause longer than 30 seconds, and not after it', async () => {
    const clock = createVirtualClock();
    const { pacer, pause } = paced(1, clock);
    await pacer.acquire(READ);
    const waiting = pacer.acquire(READ);
    pause(42_000);
    await expect(waiting).resolves.toBeNull();
    await expect(pacer.acquire(READ)).resolves.toBeNull();
    expect(pacer.pausedForMs(READ)).toBe(42_000);
    await clock.advance(42_000);
    const after = pacer.acquire(READ);
    await clock.advance(62_000);
    await expect(after).resolves.not.toBeNull();
  });

  it('does not let a shorter pause cut a longer one short', () => {
    const { pacer, pause } = paced(300, createVirtualClock());
    pause(20_000);
    pause(1_000);
    expect(pacer.pausedForMs(READ)).toBe(20_000);
  });

  it('tells how many requests could be sent at once', async () => {
    const clock = createVirtualClock();
    const { pacer, pause } = paced(300, clock);
    expect(pacer.budget('read')).toBe(15);
    await pacer.acquire(READ);
    expect(pacer.budget('read')).toBe(14);
    await clock.advance(1_000);
    expect(pacer.budget('read')).toBe(15);
    pause(5_000);
    expect(pacer.budget('read')).toBe(0);
  });
});

describe('the unused part of the budget', () => {
  it('is that of the last minute, or of the time since the start, and at least half a minute', async () => {
    const clock = createVirtualClock();
    const { pacer } = paced(300, clock);
    for (let i = 0; i < 15; i++) await pacer.acquire(READ);
    expect(pacer.unusedPart()).toBeCloseTo(0.9);
    await clock.advance(45_000);
    expect(pacer.unusedPart()).toBeCloseTo(1 - 15 / 225);
    await clock.advance(30_000);
    expect(pacer.unusedPart()).toBe(1);
  });
});

describe('a budget', () => {
  it('saves up no burst before somebody wants to send, as long as its token is not there', async () => {
    const clock = createVirtualClock();
    const budget = new RateBudget(300, clock, 1);
    await clock.advance(60_000);
    expect(budget.available()).toBe(1);
    expect(budget.dueInMs()).toBe(0);
    await clock.advance(60_000);
    expect(budget.available()).toBe(15);
  });
});
