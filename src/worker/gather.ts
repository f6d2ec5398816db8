import type { EntryProgress } from './entry-progress.ts';

/**
 * Events of a burst come in within some milliseconds of each other. Where Genesys answers the first fetch sooner than that
 * (its API takes longer than this, so it costs nothing there), the batch waits until none has come in for so long, and no
 * longer than the limit.
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

/** Takes what came in meanwhile, and while the newest of it is very young, what comes with it. */
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
