import type { Logger } from 'pino';
import type { RedisConnection } from '../redis/connection.ts';

/** The values that each setting must have so that an accepted event is never lost while Redis keeps its disk. */
const SETTINGS = [
  { name: 'maxmemory-policy', wanted: 'noeviction', risk: 'Redis may evict events that were accepted' },
  { name: 'appendonly', wanted: 'yes', risk: 'a restart of Redis may lose events that were accepted' },
] as const;

/**
 * Warns once, naming the setting, when Redis may evict keys or keeps no append-only file. If a managed Redis forbids reading the
 * settings, it warns of that.
 */
export async function warnUnsafeRedis(redis: RedisConnection, logger: Logger): Promise<void> {
  for (const { name, wanted, risk } of SETTINGS) {
    try {
      const [, found] = (await redis.call('CONFIG', 'GET', name)) as string[];
      if (found !== wanted) logger.warn({ setting: name, found, wanted }, risk);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      logger.info({ setting: name, wanted, reason }, 'Redis does not tell this setting; make sure of it yourself');
    }
  }
}
