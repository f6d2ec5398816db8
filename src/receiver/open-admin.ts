import type { Config } from '../config/config.ts';
import { createDesk } from '../desk/desk.ts';
import { createConversationQueue } from '../queue/conversation-queue.ts';
import { DEAD_LETTERS, type DeadLetter, deadLettersOn } from '../queue/dead-letters.ts';
import { createQueueOpener } from '../queue/queue-opener.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import { createStoryReader } from '../story/story-reader.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { AdminDependencies } from './dependencies.ts';

export interface OpenAdminOptions {
  readonly config: Pick<Config, 'adminToken' | 'redis' | 'storyDays' | 'traceUrlTemplate' | 'deadLetters'>;
  /** Of the purpose `producer`: a person sees at once that Redis is away. */
  readonly redis: RedisConnection;
  readonly actionTypes: readonly string[];
  ruleSet(): RuleSet;
  readonly logger: Logger;
}

/** The dependencies of `/admin`; `null` without an `ADMIN_TOKEN`. */
export function openAdmin({ config, redis, actionTypes, ruleSet, logger }: OpenAdminOptions): AdminDependencies | null {
  if (config.adminToken === null) return null;
  const { storyDays, traceUrlTemplate: template } = config;
  const { prefix } = config.redis;
  const opener = createQueueOpener<DeadLetter>(DEAD_LETTERS, { connection: redis, prefix, logger });
  const queue = createConversationQueue({ connection: redis, prefix, logger });
  const stories = createStoryReader({ redis, prefix, days: storyDays });
  return {
    currentToken: () => config.adminToken,
    actionTypes,
    storyDays,
    traceUrl: template === null ? null : (traceId) => template.replaceAll('{traceId}', traceId),
    ruleSet,
    openDesk: async () => {
      const deadLetters = deadLettersOn(await opener.open(), { connection: redis, prefix, retention: config.deadLetters });
      return createDesk({ redis, prefix, stories, deadLetters, queue });
    },
  };
}
