import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { findProgram } from './find-program.ts';
import { type RedisChild, type RedisProgram, spawnRedis } from './redis-child.ts';
import { startRedisContainer } from './redis-container.ts';
import { unpackRedisPackages } from './redis-packages.ts';

export type AppendFsync = 'always' | 'everysec' | 'no';

/** A Redis for tests and the demo. */
export interface RunningRedis {
  /** `redis://host:port`, ready for commands. */
  readonly url: string;
  /** Which of the four sources it came from, for people. */
  readonly source: string;
  /** Ends the processes that were started; a Redis named by `REDIS_URL` is left as it is. */
  stop(): Promise<void>;
}

export interface RedisOptions {
  /** When the append-only file is synced; default `everysec`. Does not apply to a Redis named by `REDIS_URL`. */
  readonly appendFsync?: AppendFsync;
}

export interface RedisChildOptions extends RedisOptions {
  /** Further settings of redis.conf, such as `{ 'cluster-enabled': 'yes' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Default: the first of those that can be had. */
  readonly program?: RedisProgram;
}

const FOUR_WAYS = `No Redis to run with. Any one of these is enough:
  1. set REDIS_URL to a running Redis (redis://host:port);
  2. have redis-server or valkey-server on the PATH;
  3. have a Docker engine running, which starts one in a container;
  4. on Debian or Ubuntu, have apt-get and a network, which unpacks the distribution's packages into .cache/redis.`;

const run = promisify(execFile);

/**
 * Takes the first of the four sources that works: `REDIS_URL`, a server on the PATH, Docker, the distribution's packages.
 * @throws Error that lists the four sources and why each did not work
 */
export async function startRedis(options: RedisOptions = {}): Promise<RunningRedis> {
  const url = process.env.REDIS_URL;
  if (url !== undefined && url !== '') return useRunningRedis(url);
  const server = findServer();
  if (server !== null) return spawnRedis({ ...server, settings: settingsOf(options) });
  const failures: string[] = [];
  if (await dockerAnswers()) {
    try {
      return await startRedisContainer(settingsOf(options));
    } catch (error) {
      failures.push(`Docker: ${(error as Error).message}`);
    }
  }
  return startFromPackages(options, failures);
}

/** A separate Redis process, whatever `REDIS_URL` is: for tests that kill, pause or restart it. */
export async function startRedisChild(options: RedisChildOptions = {}): Promise<RedisChild> {
  const program = options.program ?? findServer();
  return program === null ? startFromPackages(options, []) : spawnRedis({ ...program, settings: settingsOf(options) });
}

/** A single Sentinel that watches the Redis on `port` under the name `main`, and considers it down after half a second. */
export async function startSentinelChild(port: number, program?: RedisProgram): Promise<RedisChild> {
  const sentinel = [
    `sentinel monitor main 127.0.0.1 ${port} 1`,
    'sentinel down-after-milliseconds main 500',
    'sentinel failover-timeout main 3000',
  ];
  return spawnRedis({ ...(program ?? findServer() ?? (await unpackRedisPackages())), settings: {}, sentinel });
}

/** The server on the PATH. */
function findServer(): RedisProgram | null {
  const server = findProgram(['redis-server', 'valkey-server']);
  return server === null ? null : { command: [server], env: {}, source: `${server} (on the PATH)` };
}

/** An acknowledged delivery must survive a restart and never be evicted; snapshots would only cost time here. */
function settingsOf({ appendFsync = 'everysec', settings }: RedisChildOptions): Record<string, string> {
  return { appendonly: 'yes', appendfsync: appendFsync, 'maxmemory-policy': 'noeviction', save: '', ...settings };
}

async function useRunningRedis(url: string): Promise<RunningRedis> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 5_000 });
  redis.on('error', () => undefined); // reported by the rejected `connect`
  try {
    await redis.connect();
  } catch (error) {
    throw new Error('The Redis that REDIS_URL names does not answer.', { cause: error });
  } finally {
    redis.disconnect();
  }
  return { url, source: 'REDIS_URL', stop: async () => undefined };
}

async function startFromPackages(options: RedisChildOptions, failures: string[]): Promise<RedisChild> {
  try {
    return await spawnRedis({ ...(await unpackRedisPackages()), settings: settingsOf(options) });
  } catch (error) {
    failures.push(`packages: ${(error as Error).message}`);
    throw new Error([FOUR_WAYS, ...failures].join('\n'), { cause: error });
  }
}

/** The client may be installed where no engine runs; only the engine's own response counts. */
async function dockerAnswers(): Promise<boolean> {
  return run('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 5_000 }).then(
    () => true,
    () => false,
  );
}
