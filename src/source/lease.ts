import { randomUUID } from 'node:crypto';
import type { Clock } from '../genesys/clock.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { defineScript } from '../redis/define-script.ts';
import { createKeys } from '../redis/keys.ts';

/**
 * Two processes with channels for the same events would be harmless, except for the limits of Genesys. So one process at a time
 * is the source.
 */
export interface Lease {
  /** Takes or extends the lease. `false`: another process has it. @throws when Redis does not respond */
  hold(): Promise<boolean>;
  /**
   * Whether the last successful {@link hold} is so recent that no other process can have the lease. A process that was stopped
   * for a while notices this before it writes anything.
   */
  isCertain(): boolean;
  /** Gives the lease back, so that another process need not wait for its end. */
  release(): Promise<void>;
}

export interface LeaseOptions {
  /** Of the purpose `producer`. */
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly clock: Clock;
}

/** With {@link HOLD_EVERY_MS} and a try each {@link HOLD_EVERY_MS} by the others, a killed process is replaced within 8 s. */
const LEASE_MS = 6_000;
export const HOLD_EVERY_MS = 1_500;

export function createLease({ redis, prefix, clock }: LeaseOptions): Lease {
  const take = defineScript(redis, new URL('./lease.lua', import.meta.url));
  const giveBack = defineScript(redis, new URL('./release.lua', import.meta.url));
  const keys = createKeys(prefix);
  const holder = randomUUID();
  let heldAtMs = Number.NEGATIVE_INFINITY;
  return {
    hold: async () => {
      // The lease begins in Redis after this moment, so it counts as expired here before it ends in Redis.
      const askedAtMs = clock.monotonicMs();
      const fence = Number(await take([keys.sourceLease, keys.sourceFence], [holder, LEASE_MS]));
      heldAtMs = fence > 0 ? askedAtMs : Number.NEGATIVE_INFINITY;
      return fence > 0;
    },
    isCertain: () => clock.monotonicMs() - heldAtMs < LEASE_MS,
    release: async () => {
      heldAtMs = Number.NEGATIVE_INFINITY;
      await giveBack([keys.sourceLease], [holder]);
    },
  };
}
