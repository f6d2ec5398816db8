import type { Clock } from './clock.ts';
import type { Lane } from './lane.ts';
import { type LaneItem, LaneQueue } from './lane-queue.ts';

/** Genesys counts requests a minute; pacing for one second more leaves room for jitter on the way. */
const PACED_WINDOW_SECONDS = 61;

/** A pause up to this long is waited by the callers; a longer one turns them away, so that they hold no worker. */
export const LONGEST_WAITED_PAUSE_MS = 30_000;

export interface AcquireOptions {
  readonly lane: Lane;
  readonly signal?: AbortSignal;
}

interface Waiter extends LaneItem {
  readonly grant: (granted: boolean) => void;
}

/**
 * Grants permission to send at most `ratePerMinute` times in any 60 seconds: by lane, and within a lane first come, first served.
 *
 * A token bucket of capacity `b` that refills at `r` a second grants at most `b + r*T` in any `T` seconds. With
 * `r = (N - b + 1) / 61` that is less than `N + 1`, so at most `N`, for every `T` below 61: proved in pacer.test.ts.
 *
 * The limit is that of one process: several processes share a client's limit only if each is configured with its part.
 */
export class Pacer {
  readonly #clock: Clock;
  readonly #burst: number;
  readonly #refillPerMs: number;
  readonly #queue = new LaneQueue<Waiter>();
  #tokens: number;
  #refilledAt: number;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | null = null;

  constructor(ratePerMinute: number, clock: Clock) {
    this.#clock = clock;
    this.#burst = burstOf(ratePerMinute);
    this.#refillPerMs = (ratePerMinute - this.#burst + 1) / (PACED_WINDOW_SECONDS * 1000);
    this.#tokens = this.#burst;
    this.#refilledAt = clock.monotonicMs();
  }

  /**
   * Waits for the turn. `true`: one request may be sent now. `false`: a pause longer than
   * {@link LONGEST_WAITED_PAUSE_MS} forbids it (see {@link pausedForMs}).
   * @throws the signal's reason
   */
  async acquire({ lane, signal }: AcquireOptions): Promise<boolean> {
    signal?.throwIfAborted();
    if (this.pausedForMs() > LONGEST_WAITED_PAUSE_MS) return false;
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        lane,
        grant: (granted) => {
          signal?.removeEventListener('abort', abandon);
          resolve(granted);
        },
      };
      const abandon = () => {
        this.#queue.remove(waiter);
        reject(signal?.reason);
        this.#grantWhatIsDue();
      };
      signal?.addEventListener('abort', abandon, { once: true });
      this.#queue.push(waiter);
      this.#grantWhatIsDue();
    });
  }

  /** Grants nothing for `delayMs` (a pause never shortens one that is in force), and after it begins without a burst. */
  pause(delayMs: number): void {
    this.#refill();
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.monotonicMs() + delayMs);
    if (this.pausedForMs() > LONGEST_WAITED_PAUSE_MS) {
      for (const waiter of this.#queue.clear()) waiter.grant(false);
    }
    this.#grantWhatIsDue();
  }

  /** Milliseconds until the pause is over; 0 when there is none. */
  pausedForMs(): number {
    return Math.max(0, this.#pausedUntil - this.#clock.monotonicMs());
  }

  /** How many requests could be sent at once right now. */
  budget(): number {
    this.#refill();
    return this.pausedForMs() > 0 ? 0 : Math.floor(this.#tokens);
  }

  #grantWhatIsDue(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#refill();
    while (!this.#queue.isEmpty && this.pausedForMs() === 0 && this.#tokens >= 1) {
      this.#tokens -= 1;
      this.#queue.shift()?.grant(true);
    }
    if (!this.#queue.isEmpty) this.#wakeUpLater();
  }

  #wakeUpLater(): void {
    const untilTokenMs = (1 - this.#tokens) / this.#refillPerMs;
    const delayMs = Math.max(1, Math.ceil(this.pausedForMs()), Math.ceil(untilTokenMs));
    this.#cancelTimer = this.#clock.setTimer(() => this.#grantWhatIsDue(), delayMs);
  }

  /** During a pause no more than one token is saved up: after a 429 the first requests must not come as a burst. */
  #refill(): void {
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
 * A twentieth of the minute's budget (15 of 300), so that a quiet process answers its first events without waiting. Above
 * 15 no more than what comes back in a quarter of a second: at such rates a burst buys nothing.
 */
function burstOf(ratePerMinute: number): number {
  return Math.max(1, Math.min(Math.floor(ratePerMinute / 20), Math.max(15, Math.floor(ratePerMinute / 240))));
}
