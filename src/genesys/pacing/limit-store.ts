import type { RedisConnection } from '../../redis/connection.ts';
import { defineScript } from '../../redis/define-script.ts';
import type { RedisKeys } from '../../redis/keys.ts';

/** A limit that several processes share, and the state that a process knows of it. */
export interface LimitClaim {
  /** `organization`, `client:<digest>` or `route:<call>`. */
  readonly name: string;
  /** Requests a minute; the maximum to which the rate returns. */
  readonly ceiling: number;
  /**
   * Whether the ceiling is a guess. Then the rate may exceed it, and the limit is forgotten when the rate has exceeded it by far.
   */
  readonly guessed: boolean;
}

export interface LimitState {
  /** Requests a minute that all processes together may send now. 0: the limit is forgotten. */
  readonly rate: number;
  /** Milliseconds; 0 when there is no pause. */
  readonly pausedForMs: number;
  /** Processes that share it. */
  readonly members: number;
}

export interface Lease extends LimitState {
  /** How many requests may be sent within {@link LEASE_VALID_MS}. */
  readonly permits: number;
  /** Milliseconds until more permits are available, when `permits` is 0. */
  readonly waitMs: number;
}

export interface Refusal {
  readonly retryAfterMs: number;
  /** How long ago the request that was refused had been sent. */
  readonly sentAgoMs: number;
  /** Whether the rate is halved. A limit that was just found has its right rate already. */
  readonly halve: boolean;
}

/** The store of shared limits. Every call may fail: then the process goes on with its part of the rate. */
export interface LimitStore {
  lease(claim: LimitClaim, wanted: number): Promise<Lease>;
  /** Genesys refused a request because of this limit. */
  refuse(claim: LimitClaim, refusal: Refusal): Promise<LimitState>;
  /** The ceiling of a limit that another process has found; `null` when none has. */
  find(name: string): Promise<number | null>;
}

/** Unused permits expire after this time: used later, they would add to the permits of that later time. */
export const LEASE_VALID_MS = 1000;
/** One call to Redis leases this many permits, if that many requests wait and half a second allows them. */
export const LARGEST_LEASE = 10;

export interface RedisLimitStoreOptions {
  readonly redis: RedisConnection;
  readonly keys: RedisKeys;
  /** The name of this process among those that share. */
  readonly member: string;
  /** Epoch milliseconds; by default Redis's own clock, which all processes share. */
  readonly now?: () => number;
}

export function createRedisLimitStore({ redis, keys, member, now }: RedisLimitStoreOptions): LimitStore {
  const run = defineScript(redis, new URL('share-limit.lua', import.meta.url));

  async function share(claim: LimitClaim, ...request: readonly (string | number)[]): Promise<Lease> {
    const at = now === undefined ? '' : now();
    const args = [at, member, claim.ceiling, claim.guessed ? 1 : 0, ...request];
    const reply = await run([keys.limit(claim.name), keys.limitMembers], args);
    if (!Array.isArray(reply) || reply.length !== 5 || !reply.every(Number.isFinite))
      throw new Error('unexpected reply of a limit');
    const [permits, waitMs, rate, pausedForMs, members] = reply as [number, number, number, number, number];
    return { permits, waitMs, rate, pausedForMs, members };
  }

  return {
    lease: (claim, wanted) => share(claim, 'lease', Math.min(wanted, LARGEST_LEASE)),
    refuse: (claim, { retryAfterMs, sentAgoMs, halve }) =>
      share(claim, 'refuse', Math.ceil(retryAfterMs), Math.round(sentAgoMs), halve ? 1 : 0),
    find: async (name) => {
      const ceiling = Number(await redis.hget(keys.limit(name), 'ceiling'));
      return ceiling > 0 ? ceiling : null;
    },
  };
}
