/** Counts what happened in the last `windowMs`. */
export class SlidingWindow {
  #times: number[] = [];
  #oldest = 0;

  /** `null` when the request is within the limit (and then it counts), else the milliseconds until one is free. */
  take(limit: number, windowMs: number, now: number): number | null {
    this.#forgetBefore(now - windowMs);
    const oldest = this.#times[this.#oldest];
    if (oldest !== undefined && this.#times.length - this.#oldest >= limit) return oldest + windowMs - now;
    this.#times.push(now);
    return null;
  }

  #forgetBefore(start: number): void {
    while (this.#oldest < this.#times.length && (this.#times[this.#oldest] ?? 0) <= start) this.#oldest += 1;
    if (this.#oldest > 1024 && this.#oldest * 2 > this.#times.length) {
      this.#times = this.#times.slice(this.#oldest);
      this.#oldest = 0;
    }
  }
}
