/** Writes one line; the level is the caller's choice. */
export type WriteLine = (fields: Readonly<Record<string, unknown>>, message: string) => void;

/** `kind` identifies repetitions: two lines of the same kind, such as the code of a refusal, are repetitions of each other. */
export type LogDamped = (kind: string, fields: Readonly<Record<string, unknown>>, message: string) => void;

export interface Damping {
  /** Lines of an episode that are logged; the others are counted. */
  readonly lines: number;
  /** An episode is over when its kind has been absent for this long. `Infinity`: it never ends. */
  readonly quietMs: number;
  /** An episode also ends after this time, so that a lasting one is logged from time to time. Default: no limit. */
  readonly longestMs?: number;
}

interface Episode {
  readonly startedAt: number;
  lastAt: number;
  lines: number;
}

/**
 * The only mechanism for damping repeated lines. The first lines of each episode are logged as they come. At its end one line has
 * the number of the others as `suppressed`. A flood of bad requests, or an error that lasts, must not fill a disk or a log bill.
 */
export function createDampedLog(write: WriteLine, { lines, quietMs, longestMs = Number.POSITIVE_INFINITY }: Damping): LogDamped {
  const episodes = new Map<string, Episode>();

  const endWhenOver = (kind: string, episode: Episode, message: string) => {
    const remainingMs = Math.min(episode.lastAt + quietMs, episode.startedAt + longestMs) - Date.now();
    // The timer does not keep the process alive: its line is not worth a slower shutdown.
    if (remainingMs > 0) return void setTimeout(endWhenOver, remainingMs, kind, episode, message).unref();
    episodes.delete(kind);
    const suppressed = episode.lines - lines;
    const lastedMs = episode.lastAt - episode.startedAt;
    if (suppressed > 0) write({ kind, suppressed, lastedMs }, `${message}: more of them than are logged`);
  };

  return (kind, fields, message) => {
    const now = Date.now();
    const known = episodes.get(kind);
    const episode = known ?? { startedAt: now, lastAt: now, lines: 0 };
    episode.lastAt = now;
    episode.lines += 1;
    if (episode.lines <= lines) write(fields, message);
    if (known !== undefined) return;
    episodes.set(kind, episode);
    if (quietMs < Number.POSITIVE_INFINITY) endWhenOver(kind, episode, message);
  };
}

/** For lines that strangers can cause: at most ten of a kind a second. */
export const STRANGERS: Damping = { lines: 10, quietMs: 1_000, longestMs: 1_000 };
