import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CHECKOUT, COMPILE_CACHE } from '../../harness/checkout.ts';
import { findFreePort } from '../../harness/find-free-port.ts';
import { waitUntil } from '../../harness/wait-until.ts';

/** How to run one process of the benchmark. */
export interface ProcessSpec {
  /** Arguments of Node; relative to the checkout. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The variable that says where it is to listen. Default `PORT`. */
  readonly portVariable?: string;
  /** Answers 200 when it is ready. Default `/readyz`. */
  readonly readyPath?: string;
  /** Where its standard output goes. Default: nowhere. */
  readonly outputFile?: string;
  /** Run this instead of Node with `args`. */
  readonly command?: readonly [string, ...string[]];
}

export interface RunningProcess {
  readonly pid: number;
  readonly port: number;
  readonly url: string;
  /** From its start until it was ready, by asking every 5 ms. */
  readonly readyAfterMs: number;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 10_000;
const endWithParent = pathToFileURL(join(CHECKOUT, 'harness', 'end-with-parent.ts')).href;

/**
 * Starts a process and waits until it is ready. What it logs goes nowhere: reading it would cost the cores that are measured.
 * It leads a process group, because npm starts a shell that starts the service, and never outlives this process.
 */
export async function startProcess(spec: ProcessSpec): Promise<RunningProcess> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const startedAt = performance.now();
  const child = spawnProcess(spec, port);
  const complaint = collectText(child);
  const exited = once(child, 'exit');
  const ended = exited.then(([code]): never => {
    throw new Error(`${spec.args.join(' ')} ended with ${code}: ${complaint()}`);
  });
  const ready = waitUntil(() => answers(`${url}${spec.readyPath ?? '/readyz'}`), {
    timeoutMs: READY_TIMEOUT_MS,
    intervalMs: 5,
    what: `${spec.args.join(' ')} to be ready`,
  });
  const stop = async () => {
    const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), STOP_TIMEOUT_MS);
    signalGroup(child, 'SIGTERM');
    await exited;
    clearTimeout(timer);
  };
  try {
    await Promise.race([ready, ended]);
  } catch (error) {
    await stop();
    throw error;
  }
  ended.catch(() => undefined); // by `stop`, from here on
  return { pid: child.pid ?? 0, port, url, readyAfterMs: performance.now() - startedAt, stop };
}

function spawnProcess({ args, env, portVariable = 'PORT', outputFile, command }: ProcessSpec, port: number): ChildProcess {
  const [program, ...rest] = command ?? [process.execPath, ...args];
  const output = outputFile === undefined ? 'ignore' : openSync(outputFile, 'a');
  const child = spawn(program, rest, {
    cwd: CHECKOUT,
    env: {
      PATH: [join(CHECKOUT, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
      HOME: process.env.HOME,
      NODE_OPTIONS: `--import=${endWithParent}`,
      // A command sets it itself: npm has no cache of its own.
      ...(command === undefined && { NODE_COMPILE_CACHE: COMPILE_CACHE }),
      ...env,
      [portVariable]: String(port),
    },
    stdio: ['pipe', output, 'pipe'],
    detached: true,
  });
  if (typeof output === 'number') closeSync(output);
  return child;
}

/** The last of what it said on standard error, for the error message. */
function collectText(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.on('data', (chunk) => {
    text = `${text}${chunk}`.slice(-4_000);
  });
  return () => text;
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url);
  await response.body?.cancel();
  return response.ok;
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has ended by itself
  }
}
