import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../../harness/virtual-clock.ts';
import type { Lease, LimitStore, Refusal } from '../../../src/genesys/pacing/limit-store.ts';
import { SharedLimit } from '../../../src/genesys/pacing/shared-limit.ts';

const LEASE: Lease = { permits: 0, waitMs: 0, rate: 600, pausedForMs: 0, members: 3 };

/** A limit whose store replies as the test says; `null` never replies. */
function limited(replies: (Partial<Lease> | Error | null)[]) {
  const clock = createVirtualClock();
  const wanted: number[] = [];
  const refusals: Refusal[] = [];
  const store: LimitStore = {
    lease: async (_, count) => {
      wanted.push(count);
      const reply = replies.shift();
      if (reply === null || reply === undefined) return new Promise(() => {});
      if (reply instanceof Error) throw reply;
      return { ...LEASE, ...reply };
    },
    refuse: async (_, refusal) => {
      refusals.push(refusal);
      return { rate: 300, pausedForMs: refusal.retryAfterMs, members: 3 };
    },
    find: async () => null,
  };
  const claim = { name: 'organization', ceiling: 600, guessed: false };
  const limit = new SharedLimit({ claim, store, clock, changed: () => {}, observed: () => {} });
  /** Uses all that may be sent now; starts a lease when nothing may. */
  const use = () => {
    let used = 0;
    while (limit.dueInMs() === 0) {
      limit.take();
      used += 1;
    }
    return used;
  };
  return { clock, limit, use, wanted, refusals };
}

describe('a shared limit', () => {
  it('leases when a request waits, and twice as many as were used when they were', async () => {
    const { clock, use, wanted } = limited([
      { permits: 1 },
      { permits: 2 },
      { permits: 4 },
      { permits: 8 },
      { permits: 10 },
      null,
    ]);
    for (const permits of [0, 1, 2, 4, 8, 10]) {
      expect(use()).toBe(permits);
      await clock.advance(1);
    }
    expect(wanted).toEqual([1, 2, 4, 8, 10, 10]);
  });

  it('asks Redis one call at a time', async () => {
    const { use, wanted } = limited([null]);
    for (let i = 0; i < 5; i++) use();
    expect(wanted).toHaveLength(1);
  });

  it('loses permits that were not used within a second', async () => {
    const { clock, limit, use } = limited([{ permits: 5 }, { permits: 1 }]);
    use();
    await clock.advance(999);
    expect(limit.dueInMs()).toBe(0);
    await clock.advance(2);
    expect(limit.dueInMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('waits as long as Redis says', async () => {
    const { clock, limit, use } = limited([{ waitMs: 300 }, { permits: 1 }]);
    use();
    await clock.advance(100);
    expect(limit.dueInMs()).toBe(200);
    await clock.advance(200);
    use();
    await clock.advance(1);
    expect(limit.dueInMs()).toBe(0);
  });

  it.each([
    ['fails', new Error('away')],
    ['does not reply', null],
  ])('goes on with its part, a third of three processes, while Redis %s', async (_, reply) => {
    const { clock, use } = limited([{ permits: 1 }, ...Array.from({ length: 200 }, () => reply)]);
    use();
    await clock.advance(1);
    let used = use();
    for (let second = 0; second < 60; second++) {
      await clock.advance(1000);
      used += use();
    }
    expect(used).toBeGreaterThan(150);
    expect(used).toBeLessThanOrEqual(201);
  });

  it('pauses for a 429 at once, whatever was leased, and reports it', async () => {
    const { clock, limit, use, refusals } = limited([{ permits: 10 }]);
    use();
    await clock.advance(1);
    const refusal = { retryAfterMs: 5_000, sentAgoMs: 100, halve: true };
    limit.refused(refusal);
    expect(limit.dueInMs()).toBe(5_000);
    expect(limit.pausedForMs()).toBe(5_000);
    await clock.advance(1);
    expect(refusals).toEqual([refusal]);
    expect(limit.ratePerMinute).toBe(300);
  });
});
