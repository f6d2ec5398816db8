import pino from 'pino';
import type { Clock } from '../../src/genesys/clock.ts';
import { Pacer } from '../../src/genesys/pacing/pacer.ts';
import { RateBudget } from '../../src/genesys/pacing/rate-budget.ts';
import { SharedLimits } from '../../src/genesys/pacing/shared-limits.ts';
import type { Slot } from '../../src/genesys/pacing/slot.ts';

/** A token that never expires. */
export function createSlot(ratePerMinute: number, clock: Clock, client = 'client', initial?: number): Slot {
  return {
    client,
    budget: new RateBudget(ratePerMinute, clock, initial),
    isUsable: () => true,
    ready: async () => {},
    header: () => 'Bearer token',
    invalidate: () => {},
  };
}

/** The pacer of a process with these tokens, which shares nothing with others. */
export function createPacer(clock: Clock, slots: readonly Slot[]): Pacer {
  const logger = pino({ level: 'silent' });
  const limits = new SharedLimits({ store: null, clock, logger, ratePerMinute: 300, organizationRatePerMinute: null });
  return new Pacer({ clock, slots, limits });
}
