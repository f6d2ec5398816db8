import type { Logger } from 'pino';

/** One thing to end, with what to call it in the log. */
export interface ShutdownStep {
  readonly name: string;
  end(): Promise<unknown>;
}

export interface Shutdown {
  readonly started: boolean;
  /** Ends the steps one after the other, and then the process. */
  begin(reason: string, exitCode: number): void;
}

/**
 * Steps have their own limits: 10 s for requests that are still coming in, 25 s for running batches and 2 s until those that were told to
 * stop have, 3 s for telemetry. This one is above their sum, for a step that hangs all the same; who kills the process must wait longer.
 */
export const SHUTDOWN_LIMIT_MS = 43_000;

/** npm passes a terminal's Ctrl-C on to a process that has had it already: so soon after, it is the same one. */
const SAME_SIGNAL_MS = 100;

/** Exit code of a process that a second signal ended before it was done. */
const INTERRUPTED = 130;

/**
 * The first SIGTERM or SIGINT ends the process in order and with exit code 0; a second one at once.
 * What nobody caught ends it in order too, with a log line and exit code 1: a process in an unknown state is no use.
 */
export function createShutdown(steps: () => readonly ShutdownStep[], logger: Logger, exit: (code: number) => void): Shutdown {
  let started = false;
  let startedAt = 0;

  async function end(exitCode: number): Promise<void> {
    setTimeout(() => exit(exitCode === 0 ? 1 : exitCode), SHUTDOWN_LIMIT_MS).unref();
    for (const step of steps()) {
      await step.end().catch((error: unknown) => logger.error({ err: error, step: step.name }, 'shutdown step failed'));
    }
    logger.info({ exitCode }, 'stopped');
    exit(exitCode);
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
    begin,
  };
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
