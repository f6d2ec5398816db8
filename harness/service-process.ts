import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CHECKOUT, COMPILE_CACHE } from './checkout.ts';
import { LogCollector, type LogLine } from './log-collector.ts';
import { waitUntil } from './wait-until.ts';

export interface StartServiceOptions {
  /**
   * The complete environment of the service, in addition to `PATH`, `HOME`, a compile cache, a drain of 0 s, and a `NODE_OPTIONS`
   * that ends it with this process.
   */
  readonly env: Readonly<Record<string, string>>;
  /** Default: the repository. */
  readonly cwd?: string;
  /** Runs `npm start`, as a person would, instead of Node directly; without `prestart`, which could install. Default false. */
  readonly viaNpm?: boolean;
  /** The state that `startService` waits for; `listening` is for a service that can't become ready yet. Default `ready`. */
  readonly until?: 'listening' | 'ready';
  /** Default 30,000. */
  readonly timeoutMs?: number;
}

/** With `viaNpm` it is npm's exit status: the signal ends npm while the service still shuts down. */
export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ServiceProcess {
  readonly pid: number;
  /** Its address, such as `http://127.0.0.1:40123`. */
  readonly url: string;
  /** Every JSON line that the service has logged. */
  readonly logs: readonly LogLine[];
  /** All its other output, such as Node's own warnings. */
  readonly output: readonly string[];
  readonly exited: Promise<ExitStatus>;
  /**
   * The first line, including past ones, for which `matches` holds.
   * @throws Error after `timeoutMs` (default 10,000), or when the service ends first
   */
  waitForLog(matches: (line: LogLine) => boolean, timeoutMs?: number): Promise<LogLine>;
  /** SIGTERM, as an orchestrator sends it; SIGKILL if the service has not ended within `timeoutMs` (default 30,000). */
  stop(timeoutMs?: number): Promise<ExitStatus>;
  /** SIGKILL: no graceful shutdown. */
  kill(): Promise<ExitStatus>;
}

/**
 * The service ended while a caller waited for it, for example because it refuses its configuration; `output` contains the reason.
 */
export class ServiceEndedError extends Error {
  override readonly name = 'ServiceEndedError';
  readonly exit: ExitStatus;
  readonly output: string;

  constructor(exit: ExitStatus, output: string) {
    super(`the service ended (exit code ${exit.code}, signal ${exit.signal}):\n${output}`);
    this.exit = exit;
    this.output = output;
  }
}

const endWithParent = pathToFileURL(join(CHECKOUT, 'harness', 'end-with-parent.ts')).href;

/** Leads a process group, because npm starts a shell that starts the service: a SIGKILL must reach all three. */
function spawnService({ env, cwd = CHECKOUT, viaNpm = false }: StartServiceOptions): ChildProcess {
  const inherited = {
    PATH: [join(CHECKOUT, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
    HOME: process.env.HOME,
    // Tests start the service often: without the cache, each start compiles every module again.
    NODE_COMPILE_CACHE: COMPILE_CACHE,
    // No client sends requests to a service that is asked to stop.
    SHUTDOWN_DRAIN_SECONDS: '0',
  };
  const nodeOptions = [`--import=${endWithParent}`, env.NODE_OPTIONS].filter(Boolean).join(' ');
  const [command, args] = viaNpm
    ? ['npm', ['start', '--silent', '--ignore-scripts']]
    : [process.execPath, ['--import', './src/telemetry/register.ts', 'src/main.ts']];
  return spawn(command, args, { cwd, env: { ...inherited, ...env, NODE_OPTIONS: nodeOptions }, stdio: 'pipe', detached: true });
}

/**
 * Signals the whole group, as a terminal does, because npm passes a signal to its shell only. Has no effect when all have ended.
 */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Loopback, if the service reports that it listens on every interface. */
function reachable(address: string): string {
  return address.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:').replace(/\/$/, '');
}

/** Rejects when the service ends while `wait` is still pending. */
function orExit<T>(wait: Promise<T>, exited: Promise<ExitStatus>, collector: LogCollector): Promise<T> {
  const ended = exited.then((exit): never => {
    throw new ServiceEndedError(exit, collector.text());
  });
  return Promise.race([wait, ended]);
}

async function answersReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/readyz`);
  await response.body?.cancel();
  return response.ok;
}

/**
 * Starts the real service as a separate process and waits until it is ready. With `PORT=0` it listens on a free port. The address
 * comes from its log, so `LOG_LEVEL` must be `info` or lower. It never outlives this process.
 *
 * @throws ServiceEndedError when it ends first
 */
export async function startService(options: StartServiceOptions): Promise<ServiceProcess> {
  const { until = 'ready', timeoutMs = 30_000 } = options;
  const child = spawnService(options);
  const collector = new LogCollector(child);
  const exited = once(child, 'close').then(([code, signal]): ExitStatus => ({ code, signal }));

  const kill = (): Promise<ExitStatus> => {
    signalGroup(child, 'SIGKILL');
    return exited;
  };
  try {
    const hasAddress = (line: LogLine) => typeof line.address === 'string';
    const listening = await orExit(collector.waitFor(hasAddress, timeoutMs), exited, collector);
    const url = reachable(String(listening.address));
    if (until === 'ready') {
      await orExit(
        waitUntil(() => answersReady(url), { timeoutMs, what: `${url}/readyz` }),
        exited,
        collector,
      );
    }
    return {
      pid: child.pid ?? 0,
      url,
      logs: collector.lines,
      output: collector.output,
      exited,
      kill,
      waitForLog: (matches, withinMs = 10_000) => orExit(collector.waitFor(matches, withinMs), exited, collector),
      stop: async (withinMs = 30_000) => {
        signalGroup(child, 'SIGTERM');
        const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), withinMs);
        return exited.finally(() => clearTimeout(timer));
      },
    };
  } catch (error) {
    signalGroup(child, 'SIGKILL');
    throw error;
  }
}
