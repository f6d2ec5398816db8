import type { EntryProgress } from './entry-progress.ts';

/**
 * Events of a burst come in within some milliseconds of each other. If Genesys returns the first fetch sooner than that, the
 * batch waits until none has come in for this long, and no longer than the limit. The real API takes longer than this, so the
 * wait costs nothing there.
 */
const QUIET_MS = 40;
const GATHERING_MS = 150;

export interface Gathering {
  entries(): readonly EntryProgress[];
  /** Entries that came in since the batch was read. */
  readMore(): Promise<readonly EntryProgress[]>;
  add(entries: readonly EntryProgress[]): void;
  /** @throws AbortError */
  rest(pauseMs: number): Promise<void>;
  now(): number;
}

/** Takes the entries that came in meanwhile, and while the newest of them is very young, waits for more. */
export async function gather({ entries, readMore, add, rest, now }: Gathering): Promise<void> {
  const until = performance.now() + GATHERING_MS;
  for (;;) {
    add(await readMore());
    const newest = Math.max(...entries().map(({ entry }) => entry.receivedAt));
    const quietInMs = Math.min(QUIET_MS, newest + QUIET_MS - now());
    if (quietInMs <= 0 || performance.now() + quietInMs > until) return;
    await rest(quietInMs);
  }
}
