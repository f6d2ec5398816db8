import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { Redis } from 'ioredis';
import { CHECKOUT } from './checkout.ts';
import { findFreePort } from './find-free-port.ts';
import type { RunningRedis } from './redis.ts';

/** A Redis process that this process started. It and its files are removed when this process ends, however it ends. */
export interface RedisChild extends RunningRedis {
  /** Changes with {@link RedisChild.restart}. */
  readonly pid: number;
  readonly port: number;
  /** Holds the append-only file and the server's log. */
  readonly dir: string;
  /** `SIGKILL`; resolves when the process is gone. Its files stay. */
  kill(): Promise<void>;
  /** Same port, same files; a running process is ended first. Resolves when Redis is ready for commands. */
  restart(): Promise<void>;
  /** `SIGSTOP`: connections stay open and nothing responds. */
  pause(): void;
  /** `SIGCONT`. */
  resume(): void;
}

/** How a Redis server is run. */
export interface RedisProgram {
  /** The path of the program, and the arguments before those of the server. */
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** Where it came from, for people. */
  readonly source: string;
}

export interface RedisServer extends RedisProgram {
  /** Of redis.conf. */
  readonly settings: Readonly<Record<string, string>>;
  /** Lines of a configuration file that makes it a Sentinel, which rewrites the file. */
  readonly sentinel?: readonly string[];
}

/**
 * Runs the server in the background, prints its process id, and ends with it. Its standard input is a pipe from this process that
 * carries nothing. End of file means that this process has ended (also after `kill -9`); then the server and its folder ($1) are
 * removed too. Works on every POSIX system, unlike Linux's parent-death signal.
 */
const LEASH = `
dir=$1; shift
exec 3<&0
"$@" </dev/null >/dev/null 2>&1 3<&- &
server=$!
( read -r _ <&3; trap '' TERM; kill -9 "$server"; rm -rf "$dir" ) >/dev/null 2>&1 &
watch=$!
echo "$server"
wait "$server"
kill "$watch"
`;

const PORT_TRIES = 5;
const STOP_TIMEOUT_MS = 5_000;

type Leash = ChildProcessByStdio<Writable, Readable, null>;

/** Settings of redis.conf as command-line arguments. */
export function redisArguments(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

/** Starts the server on loopback and a free port, with a folder of its own under `.cache/redis-data`. */
export async function spawnRedis(options: RedisServer): Promise<RedisChild> {
  const dataRoot = join(CHECKOUT, '.cache', 'redis-data');
  await mkdir(dataRoot, { recursive: true });
  const dir = await mkdtemp(join(dataRoot, 'redis-'));
  try {
    return await spawnOnFreePort(options, dir);
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

/** Between finding a free port and listening on it another process may take it: then the next port is tried. */
async function spawnOnFreePort(options: RedisServer, dir: string): Promise<RedisChild> {
  for (let tries = 1; ; tries += 1) {
    const port = await findFreePort();
    try {
      return superviseRedis(options, dir, port, await startServer(options, dir, port));
    } catch (error) {
      if (tries === PORT_TRIES) throw error;
    }
  }
}

interface Server {
  readonly pid: number;
  /** Resolves when the process has ended. */
  readonly exited: Promise<unknown>;
}

function superviseRedis(options: RedisServer, dir: string, port: number, first: Server): RedisChild {
  let server = first;
  let running = true;
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (!running) return;
    running = false;
    await endServer(server, signal);
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    source: options.source,
    port,
    dir,
    get pid() {
      return server.pid;
    },
    kill: () => end('SIGKILL'),
    restart: async () => {
      await end('SIGTERM');
      server = await startServer(options, dir, port);
      running = true;
    },
    pause: () => void process.kill(server.pid, 'SIGSTOP'),
    resume: () => void process.kill(server.pid, 'SIGCONT'),
    stop: async () => {
      await end('SIGTERM');
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function startServer(options: RedisServer, dir: string, port: number): Promise<Server> {
  const listen = ['--bind', '127.0.0.1', '--port', String(port), '--dir', dir, '--logfile', join(dir, 'redis.log')];
  const sentinel = options.sentinel === undefined ? [] : [await writeSentinelFile(dir, options.sentinel), '--sentinel'];
  const command = [...options.command, ...sentinel, ...listen, ...redisArguments(options.settings)];
  const leash: Leash = spawn('/bin/sh', ['-c', LEASH, 'leash', dir, ...command], {
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true, // Ctrl-C in a terminal goes to this process only, which then decides
  });
  leash.stdin.on('error', () => undefined); // the leash ended first; `exited` reports that
  const exited = once(leash, 'exit');
  const pid = Number(String(await firstChunk(leash)).trim());
  letParentExit(leash);
  try {
    await readyOrExited(port, exited);
  } catch (error) {
    signalServer({ pid, exited }, 'SIGKILL');
    await exited;
    const log = await readFile(join(dir, 'redis.log'), 'utf8').catch(() => '');
    throw new Error(`${options.command.at(-1)} did not start: ${log.trim().split('\n').at(-1) ?? ''}`, { cause: error });
  }
  return { pid, exited };
}

async function writeSentinelFile(dir: string, lines: readonly string[]): Promise<string> {
  const file = join(dir, 'sentinel.conf');
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}

/** A caller with nothing else to do may end without `stop()`: the leash then ends the server. */
function letParentExit(leash: Leash): void {
  leash.unref();
  for (const stream of [leash.stdin, leash.stdout]) if ('unref' in stream) (stream as { unref(): void }).unref();
}

async function firstChunk(leash: Leash): Promise<Buffer> {
  const [chunk] = await once(leash.stdout, 'data');
  return chunk as Buffer;
}

/** ioredis's `ready` also waits until the append-only file is loaded. */
async function readyOrExited(port: number, exited: Promise<unknown>): Promise<void> {
  const redis = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 20, maxRetriesPerRequest: null });
  redis.on('error', () => undefined); // refused until the server listens
  try {
    const failed = exited.then(() => Promise.reject(new Error('the process ended')));
    await Promise.race([new Promise((resolve) => redis.once('ready', resolve)), failed]);
  } finally {
    redis.disconnect();
  }
}

async function endServer(server: Server, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const killTimer = setTimeout(() => signalServer(server, 'SIGKILL'), STOP_TIMEOUT_MS);
  signalServer(server, signal);
  signalServer(server, 'SIGCONT'); // a paused process does not see SIGTERM
  await server.exited;
  clearTimeout(killTimer);
}

function signalServer(server: Server, signal: NodeJS.Signals): void {
  try {
    process.kill(server.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has ended already
  }
}
