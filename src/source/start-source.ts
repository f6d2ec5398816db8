import type { Logger } from 'pino';
import type { Config, NotificationsConfig } from '../config/config.ts';
import type { PlatformClient } from '../genesys/client.ts';
import { type Clock, systemClock } from '../genesys/clock.ts';
import type { Intake } from '../intake/intake.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { createLease, HOLD_EVERY_MS } from './lease.ts';
import { type NotificationSource, startNotificationSource } from './notification-source.ts';
import { reconnectDelayMs, wait } from './wait.ts';

export interface SourceRoleOptions {
  readonly config: Pick<Config, 'redis'>;
  readonly wanted: NotificationsConfig;
  readonly genesys: Pick<PlatformClient, 'organisation' | 'getConversation' | 'obtainToken'>;
  readonly intake: Pick<Intake, 'acceptEvents'>;
  /** Of the purpose `producer`. */
  readonly redis: RedisConnection;
  readonly logger: Logger;
  /** For tests. */
  readonly clock?: Clock;
  readonly maxWaitingBytes?: number;
}

export interface SourceRole {
  /** The open channels of this process; `null` while another process is the source. */
  current(): NotificationSource | null;
  /** Closes the channels and gives the lease back. */
  close(): Promise<void>;
}

const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/**
 * Exactly one of all processes is the source, by a lease in Redis:
 *
 *     waiting -- lease taken --> open -- lease lost to another --> waiting
 *     open -- Redis away --> open: messages wait in memory, and nobody else can take the lease either
 *     open -- too much waits --> waiting, until Redis responds; missed events are repaired then
 */
export function startSource(options: SourceRoleOptions): SourceRole {
  const { config, redis, logger, clock = systemClock, maxWaitingBytes = MAX_WAITING_BYTES } = options;
  const lease = createLease({ redis, prefix: config.redis.prefix, clock });
  const stopping = new AbortController();
  let source: NotificationSource | null = null;

  const open = () => {
    logger.info('this process is the source of notifications');
    const opened = startNotificationSource({ ...options, clock, maxWaitingBytes, mayWrite: lease.isCertain });
    source = opened;
    void opened.overflowed.then(() => {
      if (source === opened) source = null;
    });
  };

  const keep = async () => {
    while (!stopping.signal.aborted) {
      // `null`: Redis does not respond, and the holder is unknown.
      const held = await lease.hold().catch(() => null);
      if (stopping.signal.aborted) break;
      if (held === true && source === null) open();
      if (held === false && source !== null) {
        logger.warn('another process is the source of notifications now');
        source.stop();
        source = null;
      }
      await wait(clock, HOLD_EVERY_MS, stopping.signal);
    }
  };
  const kept = keep();

  /** A process that waits to take over must know that it would be able to. */
  const proveToken = async () => {
    for (let failures = 0; !stopping.signal.aborted; failures += 1) {
      try {
        return await options.genesys.obtainToken();
      } catch (error) {
        if (stopping.signal.aborted) return;
        logger.error({ err: error }, 'no token from Genesys; trying again');
        await wait(clock, 1_000 + reconnectDelayMs(failures), stopping.signal);
      }
    }
  };
  void proveToken();

  return {
    current: () => source,
    close: async () => {
      stopping.abort();
      await kept;
      const held = source !== null;
      source?.stop();
      source = null;
      if (held && redis.status === 'ready') await lease.release().catch(() => undefined);
    },
  };
}
