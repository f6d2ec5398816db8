import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Config, GenesysConfig, NotificationsConfig } from '../config/config.ts';
import { createGenesysClient, type PlatformClient } from '../genesys/client.ts';
import { type Clock, systemClock } from '../genesys/clock.ts';
import { createRedisLimitStore } from '../genesys/pacing/limit-store.ts';
import type { Intake } from '../intake/intake.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { Fence } from '../redis/fence.ts';
import { createKeys } from '../redis/keys.ts';
import { createLease, HOLD_EVERY_MS } from './lease.ts';
import { type NotificationSource, startNotificationSource } from './notification-source.ts';
import { reconnectDelayMs, wait } from './wait.ts';

export interface SourceRoleOptions {
  readonly config: Pick<Config, 'redis'>;
  readonly genesys: GenesysConfig;
  readonly wanted: NotificationsConfig;
  readonly intake: Pick<Intake, 'acceptEvents' | 'acceptLook'>;
  /** Of the purpose `producer`. */
  readonly redis: RedisConnection;
  readonly logger: Logger;
}

export interface SourceRole {
  hasToken(): boolean;
  /** Closes the channels and gives the lease back. */
  close(): Promise<void>;
}

const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/**
 * Exactly one of all processes is the source, by a lease in Redis:
 *
 *     waiting -- lease taken --> open -- lease lost to another --> waiting
 *     open -- a write is refused by the fence --> waiting
 *     open -- Redis away --> open: messages wait in memory, and nobody else can take the lease either
 *     open -- too much waits --> waiting, until Redis responds; missed events are repaired then
 */
export function startSource(options: SourceRoleOptions): SourceRole {
  const { config, redis, logger } = options;
  const clock = systemClock;
  const genesys = openClient(options);
  const lease = createLease({ redis, prefix: config.redis.prefix });
  const stopping = new AbortController();
  let current: { readonly fence: Fence; readonly source: NotificationSource } | null = null;

  const open = (fence: Fence) => {
    logger.info('this process is the source of notifications');
    const source = startNotificationSource({ ...options, genesys, clock, maxWaitingBytes: MAX_WAITING_BYTES, fence });
    current = { fence, source };
    void source.ended.then(() => {
      if (current?.source === source) current = null;
    });
  };
  const end = () => {
    current?.source.stop();
    current = null;
  };

  const keep = async () => {
    while (!stopping.signal.aborted) {
      // `undefined`: Redis does not respond, and the holder is unknown.
      const fence = await lease.hold().catch(() => undefined);
      if (stopping.signal.aborted) break;
      if (current !== null && fence !== undefined && fence?.token !== current.fence.token) {
        logger.warn('another process is the source of notifications now');
        end();
      }
      if (fence && current === null) open(fence);
      await wait(clock, HOLD_EVERY_MS, stopping.signal);
    }
  };
  const kept = keep();
  void proveToken(genesys, clock, logger, stopping.signal);

  return {
    hasToken: () => genesys.hasToken(),
    close: async () => {
      stopping.abort();
      await kept;
      const held = current !== null;
      end();
      if (held && redis.status === 'ready') await lease.release().catch(() => undefined);
      await genesys.close();
    },
  };
}

/**
 * With a token of its own: a limit that stops the source does not stop the worker. One token is enough, because the source makes
 * few calls. What all processes share, and what a 429 has shown, counts for the source too.
 */
function openClient({ genesys, config, redis, logger }: SourceRoleOptions): PlatformClient {
  const oneToken = { ...genesys, clients: genesys.clients.slice(0, 1), tokensPerClient: 1 };
  const limitStore = createRedisLimitStore({ redis, keys: createKeys(config.redis.prefix), member: randomUUID() });
  return createGenesysClient({ config: oneToken, logger, limitStore });
}

/** A process that waits to take over must know that it would be able to. */
async function proveToken(genesys: PlatformClient, clock: Clock, logger: Logger, signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      await genesys.obtainToken();
      return await genesys.findLimits();
    } catch (error) {
      if (signal.aborted) return;
      logger.error({ err: error }, 'no token from Genesys; trying again');
      await wait(clock, 1_000 + reconnectDelayMs(failures), signal);
    }
  }
}
