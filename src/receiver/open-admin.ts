import type { Config } from '../config/config.ts';
import { CONVERSATIONS, type ConversationJob } from '../queue/conversation-queue.ts';
import { DEAD_LETTERS, type DeadLetter } from '../queue/dead-letters.ts';
import type { MaskAction } from '../queue/mask-dead-letter.ts';
import { createQueueOpener } from '../queue/queue-opener.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { AdminDependencies } from './dependencies.ts';

export interface OpenAdminOptions {
  readonly config: Pick<Config, 'adminToken' | 'redis'>;
  /** Of the purpose `producer`: the board is told at once when Redis is away. */
  readonly redis: RedisConnection;
  readonly maskAction: MaskAction;
  readonly logger: Logger;
}

/** What `/admin` needs; `null` without an `ADMIN_TOKEN`. */
export function openAdmin({ config, redis, maskAction, logger }: OpenAdminOptions): AdminDependencies | null {
  if (config.adminToken === null) return null;
  const options = { connection: redis, prefix: config.redis.prefix, logger };
  const conversations = createQueueOpener<ConversationJob>(CONVERSATIONS, options);
  const deadLetters = createQueueOpener<DeadLetter>(DEAD_LETTERS, options);
  return {
    token: config.adminToken,
    maskAction,
    openQueues: async () => ({ conversations: await conversations.open(), deadLetters: await deadLetters.open() }),
  };
}
