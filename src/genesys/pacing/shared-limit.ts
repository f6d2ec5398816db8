import type { Clock } from '../clock.ts';
import {
  LARGEST_LEASE,
  LEASE_VALID_MS,
  type Lease,
  type LimitClaim,
  type LimitState,
  type LimitStore,
  type Refusal,
} from './limit-store.ts';
import { RateBudget } from './rate-budget.ts';

/** If Redis does not reply within this time, it counts as away. */
const PATIENCE_MS = 500;
/** How long after a failure Redis is tried again. */
const AWAY_MS = 1000;

export interface SharedLimitOptions {
  readonly claim: LimitClaim;
  /** `null`: this process shares it with no other process. */
  readonly store: LimitStore | null;
  readonly clock: Clock;
  /** Called when more or fewer requests may be sent than {@link SharedLimit.dueInMs} reported. */
  readonly changed: () => void;
  /** Another state of the limit became known. */
  readonly observed: (state: LimitState) => void;
}

/**
 * This process's side of a limit that all processes share. It leases permits from Redis, several at a time, when requests wait
 * for them. Its states, and the ways out of each:
 * - idle: no permits. A request that waits starts a lease
 * - leasing: a call to Redis is under way. Its reply brings permits, or the time of the next call; without a reply in time: away
 * - permitted: until the permits are used, or expire
 * - waiting: Redis reported when more permits are available
 * - paused: a 429 reported until when
 * - away: Redis can't be reached. The process goes on with its part (the rate, divided by the processes that shared it) and calls
 *   Redis again each second; a reply with a lease ends this state
 */
export class SharedLimit {
  readonly claim: LimitClaim;
  readonly #options: SharedLimitOptions;
  #permits = 0;
  #permitsExpireAt = 0;
  #leaseAt = 0;
  #leasing = false;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #away = false;
  #part: RateBudget | null = null;
  #rate: number;
  #members = 1;
  /** Permits used since the last lease. The next lease requests twice as many, so that leases grow and shrink with the demand. */
  #usedSinceLease = 0;

  constructor(options: SharedLimitOptions) {
    this.claim = options.claim;
    this.#options = options;
    this.#rate = options.claim.ceiling;
  }

  /** Requests a minute of all processes together, as last reported. */
  get ratePerMinute(): number {
    return this.#rate;
  }

  get members(): number {
    return this.#members;
  }

  /**
   * Milliseconds until a request may be sent; 0: now. Without permits it requests some, and returns infinity until they arrive.
   */
  dueInMs(): number {
    const now = this.#options.clock.monotonicMs();
    if (now < this.#pausedUntil) return this.#pausedUntil - now;
    if (this.#permits > 0 && now < this.#permitsExpireAt) return 0;
    if (this.#options.store === null) return this.#myPart().dueInMs();
    if (!this.#leasing && now >= this.#leaseAt) void this.#lease(this.#options.store);
    if (this.#away) return this.#myPart().dueInMs();
    return this.#leasing ? Number.POSITIVE_INFINITY : this.#leaseAt - now;
  }

  take(): void {
    this.#usedSinceLease += 1;
    if (this.#permits > 0) this.#permits -= 1;
    else this.#myPart().take();
  }

  pausedForMs(): number {
    return Math.max(0, this.#pausedUntil - this.#options.clock.monotonicMs());
  }

  /** Genesys refused a request because of this limit. */
  refused(refusal: Refusal): void {
    const { retryAfterMs, halve } = refusal;
    const { clock, store } = this.#options;
    this.#pausedUntil = Math.max(this.#pausedUntil, clock.monotonicMs() + retryAfterMs);
    this.#permits = 0;
    if (store === null) this.#setRate(halve ? Math.max(1, this.#rate / 2) : this.#rate, this.#members);
    else {
      store.refuse(this.claim, refusal).then(
        (state) => this.#observe(state),
        () => this.#goAway(),
      );
    }
    this.#options.changed();
  }

  async #lease(store: LimitStore): Promise<void> {
    const { clock } = this.#options;
    this.#leasing = true;
    const wanted = Math.min(LARGEST_LEASE, Math.max(1, 2 * this.#usedSinceLease));
    this.#usedSinceLease = 0;
    let late = false;
    const cancel = clock.setTimer(() => {
      late = true;
      this.#goAway();
    }, PATIENCE_MS);
    try {
      const lease = await store.lease(this.claim, wanted);
      // Permits that arrive late may have expired; the next lease has new ones.
      if (!late) this.#accept(lease);
    } catch {
      if (!late) this.#goAway();
    } finally {
      cancel();
      this.#leasing = false;
      this.#options.changed();
    }
  }

  #accept(lease: Lease): void {
    const now = this.#options.clock.monotonicMs();
    this.#away = false;
    this.#part = null;
    this.#permits = lease.permits;
    this.#permitsExpireAt = now + LEASE_VALID_MS;
    this.#leaseAt = now + lease.waitMs;
    this.#observe(lease);
  }

  #observe(state: LimitState): void {
    const { clock, observed, changed } = this.#options;
    if (state.pausedForMs > 0) {
      this.#pausedUntil = Math.max(this.#pausedUntil, clock.monotonicMs() + state.pausedForMs);
      this.#permits = 0;
    }
    if (state.rate > 0) this.#setRate(state.rate, state.members);
    observed(state);
    if (state.pausedForMs > 0) changed();
  }

  #setRate(rate: number, members: number): void {
    if (this.#rate !== rate || this.#members !== members) this.#part = null;
    this.#rate = rate;
    this.#members = members;
  }

  #goAway(): void {
    this.#away = true;
    this.#leaseAt = this.#options.clock.monotonicMs() + AWAY_MS;
    this.#options.changed();
  }

  /** Restarts without a burst: requests on earlier leases count in the same minute. */
  #myPart(): RateBudget {
    this.#part ??= new RateBudget(Math.max(1, Math.floor(this.#rate / this.#members)), this.#options.clock, 1);
    return this.#part;
  }
}
