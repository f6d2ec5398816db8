import type { Logger } from 'pino';

/** One thing to stop, with its name for the log. */
export interface ShutdownStep {
  readonly name: string;
  /**
   * After this time the next step begins, so that a step that hangs does not keep the last telemetry from being sent. Default:
   * 5,000.
   */
  readonly limitMs?: number;
  end(): Promise<unknown>;
}

export interface Shutdown {
  readonly started: boolean;
  /** Started, and the traffic that a lagging load balancer still sends was served. */
  readonly drained: boolean;
  /** Runs the steps one after the other, and then ends the process. */
  begin(reason: string, exitCode: number): void;
}

/**
 * The steps have limits: 28 s for running batches and for those that were asked to stop, 5 s for requests that are being served,
 * 3 s for telemetry. This limit is above their sum. Whatever kills the process must wait longer.
 */
export const SHUTDOWN_LIMIT_MS = 43_000;
const STEP_LIMIT_MS = 5_000;

/**
 * npm passes a terminal's Ctrl-C on to a process that already received it. A second signal within this time is the same Ctrl-C.
 */
const SAME_SIGNAL_MS = 100;

/** Exit code of a process that a second signal ended before it was finished. */
const INTERRUPTED = 130;

export interface ShutdownOptions {
  /** In the order in which they end. */
  steps(): readonly ShutdownStep[];
  /**
   * How long the process goes on as before, only not ready, because a load balancer that lags still sends deliveries. Not after a
   * failure.
   */
  readonly drainMs: number;
  readonly logger: Logger;
  exit(code: number): void;
}

/**
 * The first SIGTERM or SIGINT ends the process in order and with exit code 0; a second one ends it at once. An uncaught exception
 * also ends it in order, with a log line and exit code 1: a process in an unknown state must not go on.
 */
export function createShutdown(options: ShutdownOptions): Shutdown {
  const { steps, drainMs, logger, exit } = options;
  let started = false;
  let drained = false;
  let startedAt = 0;

  async function end(exitCode: number): Promise<void> {
    const waitMs = exitCode === 0 ? drainMs : 0;
    setTimeout(() => exit(exitCode === 0 ? 1 : exitCode), waitMs + SHUTDOWN_LIMIT_MS).unref();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    drained = true;
    let hung = false;
    for (const step of steps()) if (!(await endStep(step, logger))) hung = true;
    const code = hung && exitCode === 0 ? 1 : exitCode;
    logger.info({ exitCode: code }, 'stopped');
    exit(code);
  }

  function begin(reason: string, exitCode: number): void {
    if (started) {
      if (performance.now() - startedAt > SAME_SIGNAL_MS) exit(INTERRUPTED);
      return;
    }
    started = true;
    startedAt = performance.now();
    logger.info({ reason }, 'stopping');
    void end(exitCode);
  }

  return {
    get started() {
      return started;
    },
    get drained() {
      return drained;
    },
    begin,
  };
}

/** `false` when it took longer than its limit. */
async function endStep({ name, end, limitMs = STEP_LIMIT_MS }: ShutdownStep, logger: Logger): Promise<boolean> {
  const ended = end().then(
    () => true,
    (error: unknown) => {
      logger.error({ err: error, step: name }, 'shutdown step failed');
      return true;
    },
  );
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, limitMs, false);
  });
  const inTime = await Promise.race([ended, limit]);
  clearTimeout(timer);
  if (!inTime) logger.warn({ step: name, limitMs }, 'shutdown step takes too long; going on without it');
  return inTime;
}

/**
 * Starts the shutdown on the process's signals and uncaught failures. A process of several has a supervisor, which gets the
 * terminal's SIGINT too and passes it on as SIGTERM.
 */
export function listenForShutdown(shutdown: Shutdown, logger: Logger, isSupervised = false): void {
  process.on('SIGTERM', () => shutdown.begin('SIGTERM', 0));
  process.on('SIGINT', () => {
    if (!isSupervised) shutdown.begin('SIGINT', 0);
  });
  for (const failure of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(failure, (error: unknown) => {
      logger.fatal({ err: error }, failure);
      if (!shutdown.started) shutdown.begin(failure, 1);
    });
  }
}
