import type { Clock } from '../clock.ts';

/** Genesys counts requests a minute. Pacing over one second more allows for network jitter. */
const PACED_WINDOW_SECONDS = 61;
const MINUTE_MS = 60_000;

/**
 * The budget of one access token: at most `ratePerMinute` requests in any 60 seconds.
 *
 * A token bucket of capacity `b` that refills at `r` a second grants at most `b + r*T` in any `T` seconds. With
 * `r = (N - b + 1) / 61` that is less than `N + 1`, so at most `N`, for every `T` below 61 (proved in pacer.test.ts).
 */
export class RateBudget {
  readonly ratePerMinute: number;
  readonly #clock: Clock;
  readonly #burst: number;
  readonly #refillPerMs: number;
  /** By second, the oldest first; none older than a minute, as far as {@link #forget} has looked. */
  readonly #used: { at: number; count: number }[] = [];
  /** Of `#used`. */
  #sum = 0;
  #tokens: number;
  /** `null` until somebody wants to send: a token that is not there yet saves up no burst. */
  #refilledAt: number | null = null;
  #pausedUntil = Number.NEGATIVE_INFINITY;

  /** @param initial how many requests may be sent at once at the start; the burst of a quiet minute by default */
  constructor(ratePerMinute: number, clock: Clock, initial = Number.POSITIVE_INFINITY) {
    this.ratePerMinute = ratePerMinute;
    this.#clock = clock;
    this.#burst = burstOf(ratePerMinute);
    this.#refillPerMs = (ratePerMinute - this.#burst + 1) / (PACED_WINDOW_SECONDS * 1000);
    this.#tokens = Math.min(this.#burst, initial);
  }

  /**
   * Milliseconds until one request may be sent; 0: now.
   * @param reserve how many requests more must be possible, as far as the burst allows: for a request that leaves them to others
   */
  dueInMs(reserve = 0): number {
    this.#refilledAt ??= this.#clock.monotonicMs();
    this.#refill();
    const needed = Math.min(1 + reserve, this.#burst);
    const untilTokenMs = this.#tokens >= needed ? 0 : Math.max(1, Math.ceil((needed - this.#tokens) / this.#refillPerMs));
    return Math.max(Math.ceil(this.pausedForMs()), untilTokenMs);
  }

  take(): void {
    this.#refill();
    this.#tokens -= 1;
    const at = Math.floor(this.#clock.monotonicMs() / 1000) * 1000;
    const last = this.#used.at(-1);
    if (last?.at === at) last.count += 1;
    else this.#used.push({ at, count: 1 });
    this.#sum += 1;
    this.#forget();
  }

  /** How many requests could be sent at once right now; not a whole number. */
  available(): number {
    this.#refill();
    return this.pausedForMs() > 0 ? 0 : this.#tokens;
  }

  usedInLastMinute(): number {
    this.#forget();
    return this.#sum;
  }

  /** Grants nothing for `delayMs`, and restarts without a burst. A pause never shortens one that is in force. */
  pause(delayMs: number): void {
    this.#refill();
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.monotonicMs() + delayMs);
  }

  /** Milliseconds until the pause is over; 0 when there is none. */
  pausedForMs(): number {
    return Math.max(0, this.#pausedUntil - this.#clock.monotonicMs());
  }

  #forget(): void {
    const since = this.#clock.monotonicMs() - MINUTE_MS;
    for (let oldest = this.#used[0]; oldest !== undefined && oldest.at <= since; oldest = this.#used[0]) {
      this.#sum -= oldest.count;
      this.#used.shift();
    }
  }

  /** During a pause at most one request is saved up: the first requests after a 429 must not come as a burst. */
  #refill(): void {
    if (this.#refilledAt === null) return;
    const now = this.#clock.monotonicMs();
    const pauseEnd = Math.min(now, this.#pausedUntil);
    if (pauseEnd > this.#refilledAt) {
      this.#tokens = Math.min(1, this.#tokens + (pauseEnd - this.#refilledAt) * this.#refillPerMs);
      this.#refilledAt = pauseEnd;
    }
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#refilledAt) * this.#refillPerMs);
    this.#refilledAt = now;
  }
}

/**
 * A twentieth of the minute's budget (15 of 300), so that a quiet process sends its first requests without waiting. Above 15, no
 * more than the refill of a quarter of a second: at such rates a larger burst has no benefit.
 */
function burstOf(ratePerMinute: number): number {
  return Math.max(1, Math.min(Math.floor(ratePerMinute / 20), Math.max(15, Math.floor(ratePerMinute / 240))));
}
