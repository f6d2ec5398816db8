import { ReplyError } from 'ioredis';
import type { Logger } from 'pino';

/**
 * Combines failures because of Redis, on every connection and for every purpose, into one outage. It logs one line at its begin,
 * one line at its end with its duration and the number of failures, and one line each minute in between.
 */
export interface Outages {
  /** Begins an outage, or counts a failure of the current one. */
  failed(error: Error): void;
  /** Checks whether Redis works again; without it an outage is over when nothing fails any more. */
  checkWith(works: () => Promise<boolean>): void;
}

const CHECK_MS = 1_000;
/** Longer than the pause between two attempts of any retrying code. */
const QUIET_MS = 3_000;
const REMIND_MS = 60_000;

const outagesByLogger = new WeakMap<Logger, Outages>();

/** The outages that are reported to `logger`: all users of the same logger share them. */
export function outagesOf(logger: Logger): Outages {
  const known = outagesByLogger.get(logger);
  if (known !== undefined) return known;
  const outages = createOutages(logger);
  outagesByLogger.set(logger, outages);
  return outages;
}

interface Outage {
  readonly startedAt: number;
  lastAt: number;
  failures: number;
  reason: string;
  remindedAt: number;
}

function createOutages(logger: Logger): Outages {
  let works = () => Promise.resolve(true);
  let outage: Outage | null = null;

  const describe = ({ startedAt, lastAt, failures, reason }: Outage) => ({
    reason,
    lastedMs: Math.round(lastAt - startedAt),
    failures,
  });

  const check = async (current: Outage): Promise<void> => {
    const isQuiet = () => performance.now() - current.lastAt > QUIET_MS;
    if (isQuiet() && (await works().catch(() => false)) && isQuiet()) {
      outage = null;
      logger.info(describe(current), 'Redis works again');
      return;
    }
    if (performance.now() - current.remindedAt > REMIND_MS) {
      current.remindedAt = performance.now();
      logger.warn(describe(current), 'Redis still does not work');
    }
    checkLater(current);
  };
  const checkLater = (current: Outage) => void setTimeout(() => void check(current), CHECK_MS).unref();

  return {
    failed: (error) => {
      const now = performance.now();
      if (outage !== null) {
        outage.lastAt = now;
        outage.failures += 1;
        outage.reason = error.message;
        return;
      }
      outage = { startedAt: now, lastAt: now, failures: 1, reason: error.message, remindedAt: now };
      const said = error instanceof ReplyError ? 'Redis refused a command' : 'Redis does not answer; reconnecting';
      logger.warn({ reason: error.message }, said);
      checkLater(outage);
    },
    checkWith: (check) => {
      works = check;
    },
  };
}

/** Whether an error is one because of Redis. Then it counts as a failure of the outage, and needs no line of its own. */
export function isOutage(error: unknown, logger: Logger): boolean {
  if (!(error instanceof Error) || !isRedisFailure(error)) return false;
  outagesOf(logger).failed(error);
  return true;
}

/** Whether an error comes from Redis, or from the way to it, and not from a mistake in the request. */
export function isRedisFailure(error: unknown): boolean {
  if (error instanceof ReplyError) return true;
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && /^E[A-Z_]+$/.test(error.code)) return true;
  return /^(?:Connection is closed|Command timed out|Redis is not connected|Stream isn't writeable|Reached the max retries)/.test(
    error.message,
  );
}
