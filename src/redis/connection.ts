import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import { parseRedisUrl, type RedisAddress } from '../config/redis-url.ts';
import { keepCommandsApart } from './commands-apart.ts';
import { gatherWrites, type Sending } from './gather-writes.ts';
import { outagesOf } from './outages.ts';
import { readBeforeTimeout } from './read-before-timeout.ts';

keepCommandsApart();
readBeforeTimeout();

export type RedisConnection = Redis | Cluster;

/**
 * - `producer`: for requests that wait for a response. While Redis is away a command fails at once. A command without a reply
 *   fails after {@link COMMAND_TIMEOUT_MS}; a delivery needs two commands, so it has its 503 within 2 s.
 * - `worker`: for work that waits until Redis is back; BullMQ needs this for its blocking commands.
 */
export type ConnectionPurpose = 'producer' | 'worker';

const COMMAND_TIMEOUT_MS = 900;
const CONNECT_TIMEOUT_MS = 1_500;
/**
 * A connection without any reply for this long is closed: a network that drops packets reports nothing, and the operating system
 * would wait for a quarter of an hour. BullMQ blocks its copies of a worker's connection for up to 10 s.
 */
const PRODUCER_SILENCE_MS = 3_000;
const WORKER_SILENCE_MS = 8_000;
const BLOCKING_SILENCE_MS = 20_000;
const MAX_RECONNECT_DELAY_MS = 1_000;

/** One connection (or a Redis Cluster client), which reconnects automatically for as long as it lives. */
export function createRedisConnection(redis: Config['redis'], purpose: ConnectionPurpose, logger: Logger): RedisConnection {
  const address = parseRedisUrl(redis.urls.join(','));
  if (address === null) throw new Error('no Redis URL');
  const options: NodeOptions = { ...nodeOptions(purpose), ...credentialsOf(redis) };
  const connection =
    address.kind === 'cluster' ? createCluster(address, redis, options, purpose) : createSingle(address, redis, options, purpose);
  // The cluster's own error reports only that no node could be used; the reason is in the last node's error.
  connection.on('error', (error: Error & { lastNodeError?: Error }) => outagesOf(logger).failed(error.lastNodeError ?? error));
  connection.on('error', (error: Error) => {
    // ioredis would use database 0, where another deployment may have its keys.
    if (isMissingDatabase(error)) connection.disconnect();
  });
  connection.on('reconnecting', () => outagesOf(logger).failed(new Error('the connection was closed')));
  return connection;
}

/** The reply of Redis to the SELECT of a database that it does not have. */
export function isMissingDatabase({ message }: Error): boolean {
  return /DB index is out of range|SELECT is not allowed in cluster mode/i.test(message);
}

const reconnectDelayMs = (times: number) => Math.min(times * 50, MAX_RECONNECT_DELAY_MS);

/** The options that a single Redis and each node of a cluster have in common. */
type SingleOptions = Omit<RedisOptions, 'replyMapping'>;
type NodeOptions = Omit<NonNullable<ClusterOptions['redisOptions']>, 'replyMapping'>;

function nodeOptions(purpose: ConnectionPurpose): NodeOptions {
  if (purpose === 'worker') {
    return { connectTimeout: CONNECT_TIMEOUT_MS, socketTimeout: WORKER_SILENCE_MS, maxRetriesPerRequest: null };
  }
  return {
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    socketTimeout: PRODUCER_SILENCE_MS,
    // The sender repeats a failed delivery; a command repeated without its knowledge would only run later.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 1,
  };
}

/** The current credentials of the configuration: a reload replaces them there. */
function credentialsOf(redis: Config['redis']): Pick<SingleOptions, 'username' | 'password' | 'tls' | 'sentinelPassword'> {
  const { username, password, tls } = parseRedisUrl(redis.urls.join(',')) ?? {};
  return {
    ...(username == null ? {} : { username }),
    ...(password == null ? {} : { password }),
    ...(tls === true ? { tls: tlsOf(redis) } : {}),
    ...(redis.sentinel?.password == null ? {} : { sentinelPassword: redis.sentinel.password }),
  };
}

function tlsOf({ tls }: Config['redis']): TlsOptions {
  const { ca, cert, key } = tls ?? {};
  return { ...(ca == null ? {} : { ca }), ...(cert == null ? {} : { cert }), ...(key == null ? {} : { key }) };
}

function createSingle(address: RedisAddress, redis: Config['redis'], options: NodeOptions, purpose: ConnectionPurpose): Redis {
  const single: SingleOptions = {
    ...options,
    ...whereOf(address, redis, options),
    db: address.database,
    enableOfflineQueue: purpose === 'worker',
    retryStrategy: reconnectDelayMs,
    /**
     * The primary has become a replica, and the way to it (a name, a proxy, the Sentinels) leads to the new primary by now. The
     * command is rejected and not sent again, because only its caller knows whether it still wants it.
     */
    reconnectOnError: ({ message }) => /\bREADONLY\b/.test(message),
  };
  return adapt(new Redis(single), redis, purpose);
}

function whereOf({ kind, nodes, primaryName }: RedisAddress, { sentinel }: Config['redis'], { tls }: NodeOptions): SingleOptions {
  if (kind === 'single') return { ...nodes[0] };
  const username = sentinel?.username ?? null;
  return {
    sentinels: [...nodes],
    name: primaryName ?? '',
    sentinelRetryStrategy: reconnectDelayMs,
    // A Sentinel that does not respond must not delay the others.
    sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
    // The Sentinels report a fail-over, so that the connection to a primary that vanished is closed at once.
    failoverDetector: true,
    ...(username === null ? {} : { sentinelUsername: username }),
    ...(tls === undefined ? {} : { sentinelTLS: tls, enableTLSForSentinelMode: true }),
  };
}

function createCluster(
  { nodes }: RedisAddress,
  redis: Config['redis'],
  options: NodeOptions,
  purpose: ConnectionPurpose,
): Cluster {
  const cluster = new Cluster([...nodes], {
    enableOfflineQueue: purpose === 'worker',
    clusterRetryStrategy: reconnectDelayMs,
    // With the check, `connect()` never settles when the cluster is down at that moment, and BullMQ waits for it forever
    // (bullmq#4138).
    enableReadyCheck: false,
    // TLS certificates name hosts, not the addresses that a resolver would put in their place.
    dnsLookup: (address, callback) => callback(null, address),
    redisOptions: options,
  });
  return adaptCluster(cluster, redis, purpose);
}

/** Copies that BullMQ makes of a connection, and nodes that a cluster finds later, are adapted in the same way. */
function adaptCluster(cluster: Cluster, redis: Config['redis'], purpose: ConnectionPurpose): Cluster {
  const duplicate = cluster.duplicate.bind(cluster);
  cluster.on('+node', (node: Redis) => void adapt(node, redis, purpose));
  return Object.assign(cluster, {
    duplicate: (nodes?: Parameters<typeof duplicate>[0], override?: Parameters<typeof duplicate>[1]) => {
      const redisOptions = { ...override?.redisOptions, socketTimeout: BLOCKING_SILENCE_MS };
      return adaptCluster(duplicate(nodes, { ...override, redisOptions }), redis, purpose);
    },
  });
}

type InfoCallback = (error: Error | null | undefined, text: string | undefined) => void;

/**
 * - Each time it connects, it uses the current credentials of the configuration.
 * - ioredis calls INFO to check whether Redis is still loading. If the user may not call it, Redis counts as loaded, without the
 *   warning that ioredis prints for each connection. Redis refuses commands that are sent too early with `LOADING`.
 */
function adapt(connection: Redis, redis: Config['redis'], purpose: ConnectionPurpose): Redis {
  // A receiver gathers its entries itself: smaller writes let Redis begin earlier (docs/performance.md).
  if (purpose === 'worker') gatherWrites(connection as unknown as Sending);
  for (const name of ['username', 'password', 'tls', 'sentinelPassword'] as const) {
    const get = () => credentialsOf(redis)[name];
    Object.defineProperty(connection.options, name, { get, enumerable: true, configurable: true });
  }
  const info = connection.info.bind(connection) as (callback?: InfoCallback) => Promise<string>;
  const duplicate = connection.duplicate.bind(connection);
  const isForbidden = (error: Error | null | undefined) => error?.message.includes('NOPERM') === true;
  return Object.assign(connection, {
    info: (callback?: InfoCallback) => {
      if (callback === undefined) return info();
      return info((error, text) => (isForbidden(error) ? callback(null, '') : callback(error, text)));
    },
    duplicate: (override?: Parameters<typeof duplicate>[0]) =>
      adapt(duplicate({ ...override, socketTimeout: BLOCKING_SILENCE_MS }), redis, purpose),
  });
}
