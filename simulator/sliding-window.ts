/** Counts the events of the last `windowMs`. */
export class SlidingWindow {
  #times: number[] = [];
  #oldest = 0;

  /**
   * `null` when the request is within the limit (and then it counts), else the milliseconds until a place is free. This is longer
   * than for one request when the limit was lowered meanwhile.
   */
  take(limit: number, windowMs: number, now: number): number | null {
    this.#forgetBefore(now - windowMs);
    const inTheWay = this.#times[this.#times.length - limit];
    if (inTheWay !== undefined && this.#times.length - this.#oldest >= limit) return inTheWay + windowMs - now;
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
