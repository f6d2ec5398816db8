import cluster, { type Worker } from 'node:cluster';
import type { Logger } from 'pino';
import { createCollector } from './collect-metrics.ts';
import { isMessage, type Message } from './messages.ts';
import { send } from './send.ts';

export interface SuperviseOptions {
  /** How many processes listen on the port. */
  readonly count: number;
  readonly logger: Logger;
  exit(code: number): void;
}

/** One of the processes; a new one takes the number of one that ended. */
interface Child {
  readonly number: number;
  readonly worker: Worker;
  readonly startedAt: number;
}

/** A process that ends sooner after its start is started again later and later, so that a lasting cause does not use up the CPU. */
const SHORT_LIFE_MS = 10_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;
/** As for a single process: npm passes a terminal's Ctrl-C on to a process that already received it. */
const SAME_SIGNAL_MS = 100;
const INTERRUPTED = 130;

/**
 * Runs this program `count` times on the same port; this process only supervises. It starts a process that was killed again, passes
 * SIGHUP on, and on SIGTERM or SIGINT ends all of them in order, each by its own shutdown, and then itself: with 0 if all ended
 * with 0. If no process ever came to listen, their cause will not go away, and it ends with their code.
 *
 * States of the supervisor: starting ──(a process listens)──▶ running ──(signal)──▶ stopping ──(all ended)──▶ exit;
 * starting ──(a process ends)──▶ stopping.
 */
export function supervise({ count, logger, exit }: SuperviseOptions): void {
  const children = new Map<number, Child>();
  const short = new Map<number, number>();
  const collector = createCollector();
  let state: 'starting' | 'running' | 'stopping' = 'starting';
  let exitCode = 0;
  let stoppingAt = 0;

  const start = (number: number) => {
    if (state === 'stopping') return;
    const worker = cluster.fork();
    children.set(number, { number, worker, startedAt: performance.now() });
    worker.once('listening', () => {
      if (state === 'starting') state = 'running';
    });
    worker.on('message', (message: unknown) => {
      if (isMessage(message)) receive(worker, message);
    });
    worker.once('exit', (code, signal) => ended(number, code, signal));
  };

  const receive = (worker: Worker, message: Message) => {
    if (message.kind === 'rendered') collector.rendered(worker, message);
    if (message.kind !== 'collect') return;
    const asked = [...children.values()].map((child) => ({ process: String(child.number), worker: child.worker }));
    void collector.collect(asked).then((body) => send(worker, { kind: 'collected', id: message.id, body }));
  };

  const ended = (number: number, code: number | null, signal: string | null) => {
    const livedMs = performance.now() - (children.get(number)?.startedAt ?? 0);
    children.delete(number);
    if (state !== 'running') {
      if (code !== 0) exitCode ||= code ?? 1;
      if (state === 'starting') stop('a process did not start', 'SIGTERM');
      else if (children.size === 0) exit(exitCode);
      return;
    }
    const times = livedMs < SHORT_LIFE_MS ? (short.get(number) ?? 0) + 1 : 0;
    short.set(number, times);
    const pauseMs = times === 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (times - 1), LONGEST_PAUSE_MS);
    logger.error({ process: number, code, signal, pauseMs }, 'a receiver process ended; another is started');
    setTimeout(start, pauseMs, number);
  };

  const stop = (reason: string, signal: NodeJS.Signals) => {
    if (state === 'stopping') {
      if (performance.now() - stoppingAt <= SAME_SIGNAL_MS) return;
      for (const { worker } of children.values()) worker.process.kill('SIGKILL');
      exit(INTERRUPTED);
      return;
    }
    state = 'stopping';
    stoppingAt = performance.now();
    logger.info({ reason, processes: children.size }, 'stopping all receiver processes');
    if (children.size === 0) exit(exitCode);
    for (const { worker } of children.values()) worker.process.kill(signal);
  };

  cluster.setupPrimary({ execArgv: process.execArgv.map((argument) => shareOfHeap(argument, count)) });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal, 'SIGTERM'));
  process.on('SIGHUP', () => {
    for (const { worker } of children.values()) worker.process.kill('SIGHUP');
  });
  for (let number = 1; number <= count; number += 1) start(number);
}

/** A limit of the heap is for all processes together. */
export function shareOfHeap(argument: string, count: number): string {
  return argument.replace(
    /^(--max[-_]old[-_]space[-_]size(?:[-_]percentage)?=)(\d+)$/,
    (_, name: string, limit: string) => `${name}${Math.max(1, Math.floor(Number(limit) / count))}`,
  );
}
