import { once } from 'node:events';
import { formatConfigFault, loadRedisConfig } from '../src/config/environment.ts';
import { maskUrls } from '../src/config/mask.ts';
import { docsOf } from '../src/config/settings.ts';
import { createRedisConnection, type RedisConnection } from '../src/redis/connection.ts';
import { createLogger, type Logger } from '../src/telemetry/logger.ts';

const CONNECT_TIMEOUT_MS = 3_000;

export interface RedisSession {
  readonly connection: RedisConnection;
  readonly prefix: string;
  readonly logger: Logger;
}

/** For a command: Redis as the service has it. @throws Error when Redis is not configured, or does not respond */
export async function withRedis<T>(use: (session: RedisSession) => Promise<T>): Promise<T> {
  const loaded = loadRedisConfig();
  if (!loaded.ok) throw new Error(loaded.faults.map(formatConfigFault).join('\n'));
  const { prefix, urls } = loaded.redis;
  const logger = createLogger('silent');
  const connection = createRedisConnection(loaded.redis, 'producer', logger);
  try {
    await once(connection, 'ready', { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) }).catch((error: Error) => {
      const reason = error.name === 'AbortError' ? 'no answer in time' : error.message || String(error);
      throw new Error(`Redis at ${maskUrls(urls.join(','))} can't be used: ${reason}`);
    });
    return await use({ connection, prefix, logger });
  } finally {
    connection.disconnect();
  }
}

/** How long the service keeps stories. */
export function storyDays(): number {
  return Number(process.env.STORY_DAYS || docsOf('STORY_DAYS').default);
}
