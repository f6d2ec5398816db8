export interface ExpiringMapOptions {
  /** How many entries are kept; the oldest makes room for a new one. */
  readonly limit: number;
  /** How long an entry is kept. Default: as long as there is room. */
  readonly ttlMs?: number;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/** A map that is bounded in number and time. Every cache in the process is one. */
export class ExpiringMap<Key, Value> {
  readonly #entries = new Map<Key, { readonly value: Value; readonly until: number }>();
  readonly #limit: number;
  readonly #ttlMs: number;
  readonly #now: () => number;

  constructor({ limit, ttlMs = Number.POSITIVE_INFINITY, now = Date.now }: ExpiringMapOptions) {
    this.#limit = limit;
    this.#ttlMs = ttlMs;
    this.#now = now;
  }

  get(key: Key): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.until > this.#now()) return entry?.value;
    this.#entries.delete(key);
    return undefined;
  }

  /** Also makes a known key the newest. */
  set(key: Key, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, until: this.#now() + this.#ttlMs });
    if (this.#entries.size <= this.#limit) return;
    const oldest = this.#entries.keys().next();
    if (oldest.done !== true) this.#entries.delete(oldest.value);
  }
}
