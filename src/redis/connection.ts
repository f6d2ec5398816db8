import { Cluster, Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';

export type RedisConnection = Redis | Cluster;

/**
 * - `producer`: for requests that wait for an answer. While Redis is away a command fails at once, and one that Redis
 *   does not answer fails after {@link COMMAND_TIMEOUT_MS}; a delivery needs two, so it has its 503 within 2 s.
 * - `worker`: for work that waits until Redis is back; BullMQ needs it so for its blocking commands.
 */
export type ConnectionPurpose = 'producer' | 'worker';

const COMMAND_TIMEOUT_MS = 900;
const CONNECT_TIMEOUT_MS = 1_500;
/**
 * A connection that nothing comes back on is given up: a network that drops packets tells nobody, and the operating
 * system would wait for a quarter of an hour. BullMQ blocks a worker's connection for up to 10 s.
 */
const PRODUCER_SILENCE_MS = 3_000;
const WORKER_SILENCE_MS = 20_000;
const MAX_RECONNECT_DELAY_MS = 1_000;

/** One connection (or, for several URLs, a Redis Cluster client), which reconnects by itself for as long as it lives. */
export function createRedisConnection(redis: Config['redis'], purpose: ConnectionPurpose, logger: Logger): RedisConnection {
  const [url, ...more] = redis.urls;
  if (url === undefined) throw new Error('no Redis URL');
  const options = purpose === 'producer' ? producerOptions : workerOptions;
  const connection = more.length === 0 ? createSingle(url, options, purpose) : createCluster(redis.urls, options, purpose);
  logOutages(connection, purpose, logger);
  return connection;
}

const reconnectDelayMs = (times: number) => Math.min(times * 50, MAX_RECONNECT_DELAY_MS);

const producerOptions = {
  connectTimeout: CONNECT_TIMEOUT_MS,
  commandTimeout: COMMAND_TIMEOUT_MS,
  socketTimeout: PRODUCER_SILENCE_MS,
  // The sender repeats a delivery that failed; a command repeated behind its back would only answer later.
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 1,
};

const workerOptions = {
  connectTimeout: CONNECT_TIMEOUT_MS,
  socketTimeout: WORKER_SILENCE_MS,
  maxRetriesPerRequest: null,
};

/** What a single Redis and each node of a cluster have in common. */
type NodeOptions = typeof producerOptions | typeof workerOptions;

function createSingle(url: string, options: NodeOptions, purpose: ConnectionPurpose): Redis {
  return new Redis(url, { ...options, enableOfflineQueue: purpose === 'worker', retryStrategy: reconnectDelayMs });
}

/** Nodes that the cluster names later have no URL, so credentials and TLS come from the first one. */
function createCluster(urls: readonly string[], options: NodeOptions, purpose: ConnectionPurpose): Cluster {
  const { username, password, protocol } = new URL(urls[0] ?? '');
  return new Cluster([...urls], {
    enableOfflineQueue: purpose === 'worker',
    clusterRetryStrategy: reconnectDelayMs,
    // TLS certificates name hosts, not the addresses that a resolver would put in their place.
    dnsLookup: (address, callback) => callback(null, address),
    redisOptions: {
      ...options,
      ...(username === '' ? {} : { username: decodeURIComponent(username) }),
      ...(password === '' ? {} : { password: decodeURIComponent(password) }),
      ...(protocol === 'rediss:' ? { tls: {} } : {}),
    },
  });
}

/** Two lines for an outage, however often the client tries to reconnect. */
function logOutages(connection: RedisConnection, purpose: ConnectionPurpose, logger: Logger): void {
  let away = false;
  connection.on('error', (error: Error) => {
    if (away) return;
    away = true;
    logger.warn({ connection: purpose, reason: error.message }, 'Redis does not answer; reconnecting');
  });
  connection.on('ready', () => {
    if (away) logger.info({ connection: purpose }, 'Redis answers again');
    away = false;
  });
}
