import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { RedisConnection } from '../redis/connection.ts';
import { defineScript } from '../redis/define-script.ts';
import type { Fence } from '../redis/fence.ts';
import { createKeys } from '../redis/keys.ts';

/**
 * One process at a time is the source. Channels for the same events in two processes would use up the limits of Genesys, and what
 * one of them holds back would be written after newer events of the other.
 */
export interface Lease {
  /**
   * Takes or extends the lease. Returns the fence with which everything of this holder is stored; `null`: another process has the
   * lease. @throws when Redis does not respond
   */
  hold(): Promise<Fence | null>;
  /** Gives the lease back, so that another process need not wait for its end. */
  release(): Promise<void>;
}

export interface LeaseOptions {
  /** Of the purpose `producer`. */
  readonly redis: RedisConnection;
  readonly prefix: string;
}

/** With a try each {@link HOLD_EVERY_MS} by the others, a killed process is replaced within 8 s. */
const LEASE_MS = 6_000;
export const HOLD_EVERY_MS = 1_500;

export function createLease({ redis, prefix }: LeaseOptions): Lease {
  const take = defineScript(redis, new URL('./lease.lua', import.meta.url));
  const giveBack = defineScript(redis, new URL('./release.lua', import.meta.url));
  const keys = createKeys(prefix);
  const holder = randomUUID();
  return {
    hold: async () => {
      const token = z.string().parse(await take([keys.sourceLease, keys.sourceFence], [holder, LEASE_MS]));
      return token === '' ? null : { key: keys.sourceFence, token };
    },
    release: async () => {
      await giveBack([keys.sourceLease], [holder]);
    },
  };
}
