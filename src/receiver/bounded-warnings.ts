import type { Logger } from 'pino';

/** Enough to see what is going on; a flood of bad requests must not fill a disk or a log bill. */
const MAX_LINES_A_SECOND = 10;
const WINDOW_MS = 1_000;

/** `kind` is from a closed list, such as a refusal's code: each has a bound of its own. */
export type WarnBounded = (kind: string, fields: Readonly<Record<string, unknown>>, message: string) => void;

/**
 * Warnings that strangers can cause: at most 10 lines a second of each kind, and when more were due, one line at the end of
 * that second with their number as `suppressed`. Metrics count every one of them elsewhere.
 */
export function createBoundedWarnings(logger: Logger): WarnBounded {
  const linesOfKind = new Map<string, number>();
  const closeWindow = (kind: string, message: string): void => {
    const suppressed = (linesOfKind.get(kind) ?? 0) - MAX_LINES_A_SECOND;
    linesOfKind.delete(kind);
    if (suppressed > 0) logger.warn({ kind, suppressed }, `${message}: more of them than are logged`);
  };
  return (kind, fields, message) => {
    const lines = (linesOfKind.get(kind) ?? 0) + 1;
    linesOfKind.set(kind, lines);
    // Does not keep the process alive: what it would say is not worth a slower shutdown.
    if (lines === 1) setTimeout(closeWindow, WINDOW_MS, kind, message).unref();
    if (lines <= MAX_LINES_A_SECOND) logger.warn(fields, message);
  };
}
