import type { Logger } from 'pino';

/** One thing to end, with what to call it in the log. */
export interface ShutdownStep {
  readonly name: string;
  /** After this the next step begins, so that one that hangs does not keep the last telemetry from being sent. Default: 5,000. */
  readonly limitMs?: number;
  end(): Promise<unknown>;
}

export interface Shutdown {
  readonly started: boolean;
  /** Started, and what a lagging load balancer sends meanwhile was taken. */
  readonly drained: boolean;
  /** Ends the steps one after the other, and then the process. */
  begin(reason: string, exitCode: number): void;
}

/**
 * Steps have limits: 28 s for running batches and until those that were asked to stop have, 5 s for requests that are being served, 3 s for
 * telemetry. This one is above their sum; who kills the process must wait longer.
 */
export const SHUTDOWN_LIMIT_MS = 43_000;
const STEP_LIMIT_MS = 5_000;

/** npm passes a terminal's Ctrl-C on to a process that has had it already: so soon after, it is the same one. */
const SAME_SIGNAL_MS = 100;

/** Exit code of a process that a second signal ended before it was done. */
const INTERRUPTED = 130;

export interface ShutdownOptions {
  /** In the order in which they end. */
  steps(): readonly ShutdownStep[];
  /** How long the process goes on as before, only that it is not ready: a load balancer that lags still sends deliveries. Not after a failure. */
  readonly drainMs: number;
  readonly logger: Logger;
  exit(code: number): void;
}

/**
 * The first SIGTERM or SIGINT ends the process in order and with exit code 0; a second one at once.
 * What nobody caught ends it in order too, with a log line and exit code 1: a process in an unknown state is no use.
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

/** `false` when it took longer than it may. */
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

/** Makes the process's signals and uncaught failures begin the shutdown. */
export function listenForShutdown(shutdown: Shutdown, logger: Logger): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => shutdown.begin(signal, 0));
  for (const failure of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(failure, (error: unknown) => {
      logger.fatal({ err: error }, failure);
      if (!shutdown.started) shutdown.begin(failure, 1);
    });
  }
}
