import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FlakyProxy, startFlakyProxy } from '../../harness/flaky-proxy.ts';
import { type Simulator, startSimulator } from '../../simulator/start-simulator.ts';
import { type Fleet, startFleet } from './fleet.ts';
import type { Network, RedisForm } from './plan-disruptions.ts';
import { openCluster, openSingle, type RedisTarget } from './redis-target.ts';
import { RULES } from './rules.ts';

export const SECRET = 'chaos-secret-of-more-than-16-bytes';
export const PREFIX = '{chaos}';

/** A Redis that syncs every write, Genesys's stand-in, proxies before both (not before a cluster), and the service. */
export interface Stage {
  readonly redis: RedisTarget;
  readonly simulator: Simulator;
  readonly networks: Readonly<Partial<Record<Network, FlakyProxy>>>;
  readonly fleet: Fleet;
  readonly ledgerFile: string;
  stop(): Promise<void>;
}

/** After this time a write that no event has proven is read back. */
export const CONFIRM_WITHIN_SECONDS = 2;

const CONCURRENCY = ['none', 'version', 'etag'] as const;

/** `seed` chooses the simulator's faults and whether its conversations have versions. */
export async function openStage(seed: number, form: RedisForm, onReceiversChange: () => void): Promise<Stage> {
  const closers: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  const opened = async <T>(opening: Promise<T>, close: (resource: T) => Promise<unknown>): Promise<T> => {
    const resource = await opening;
    closers.push(() => close(resource));
    return resource;
  };
  try {
    const dir = await opened(mkdtemp(join(tmpdir(), 'hookpatch-chaos-')), (path) => rm(path, { recursive: true }));
    const rulesFile = join(dir, 'rules.yaml');
    await writeFile(rulesFile, RULES);
    const concurrency = CONCURRENCY[seed % CONCURRENCY.length] ?? 'none';
    const simulator = await opened(startSimulator({ seed, concurrency, emitEvents: true }), (running) => running.stop());
    const openProxy = (port: number) => opened(startFlakyProxy(port), (proxy) => proxy.stop());
    const genesys = await openProxy(Number(new URL(simulator.url).port));
    const { redis, proxy } = await openRedis(form, opened, openProxy);
    const networks = { genesys, ...(proxy === null ? {} : { redis: proxy }) };
    const redisUrl = proxy === null ? redis.url : `redis://127.0.0.1:${proxy.port}`;
    const env = environment(redisUrl, genesys, simulator, rulesFile);
    const fleet = await opened(startFleet({ env, onChange: onReceiversChange }), (running) => running.stop());
    return { redis, simulator, networks, fleet, ledgerFile: join(dir, 'ledger.ndjson'), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Opened = <T>(opening: Promise<T>, close: (resource: T) => Promise<unknown>) => Promise<T>;

async function openRedis(form: RedisForm, opened: Opened, openProxy: (port: number) => Promise<FlakyProxy>) {
  if (form === 'cluster') return { redis: await opened(openCluster(PREFIX), (cluster) => cluster.stop()), proxy: null };
  const redis = await opened(openSingle(), (single) => single.stop());
  return { redis, proxy: await openProxy(redis.port) };
}

function environment(redisUrl: string, genesys: FlakyProxy, simulator: Simulator, rulesFile: string): Record<string, string> {
  const genesysUrl = `http://127.0.0.1:${genesys.port}`;
  return {
    HOST: '127.0.0.1',
    PORT: '0',
    REDIS_URL: redisUrl,
    REDIS_PREFIX: PREFIX,
    RULES_FILE: rulesFile,
    WEBHOOK_SECRETS: SECRET,
    GENESYS_API_URL: genesysUrl,
    GENESYS_LOGIN_URL: genesysUrl,
    GENESYS_CLIENT_ID: simulator.clientId,
    GENESYS_CLIENT_SECRET: simulator.clientSecret,
    // Far less than in earnest, so that calls that are never answered do not hold up a run of a minute.
    GENESYS_TIMEOUT_MS: '2000',
    // So few that writes wait for the events that they raise.
    GENESYS_RATE_PER_MINUTE: '1500',
    CONFIRM_WITHIN_SECONDS: String(CONFIRM_WITHIN_SECONDS),
    // Faults are far more frequent than in earnest: fewer tries would make dead letters of too many events.
    JOB_ATTEMPTS: '20',
  };
}
