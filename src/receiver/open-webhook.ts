import type { Config, WebhookConfig } from '../config/config.ts';
import { tellOutcome } from '../domain/outcome.ts';
import { parseTraceparent } from '../domain/trace-context.ts';
import { createCommandStore } from '../inbox/command-store.ts';
import { createInbox } from '../inbox/redis-inbox.ts';
import { createTraceMemory } from '../inbox/trace-memory.ts';
import { createConversationQueue } from '../queue/conversation-queue.ts';
import { createDeliveryStore } from '../queue/delivery-store.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { parseCommand } from '../rules/parse-command.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { CommandStatus, WebhookDependencies } from './dependencies.ts';

export interface OpenWebhookOptions {
  readonly config: Config;
  readonly webhook: WebhookConfig;
  /** Of the purpose `producer`. */
  readonly redis: RedisConnection;
  ruleSet(): RuleSet;
  readonly logger: Logger;
}

/** Joins the routes to Redis: the inbox and queue, the results of commands, and the traces of conversations. */
export function openWebhook({ config, webhook, redis, ruleSet, logger }: OpenWebhookOptions): WebhookDependencies {
  const { prefix } = config.redis;
  const inbox = createInbox({ redis, prefix, dedupSeconds: config.eventDedupSeconds });
  const queue = createConversationQueue({ connection: redis, prefix, logger });
  const commands = createCommandStore({ redis, prefix, ttlSeconds: config.eventDedupSeconds });
  const traces = createTraceMemory({ redis, prefix });
  return {
    config: webhook,
    store: createDeliveryStore({ inbox, queue }),
    ruleSet,
    parseCommand,
    beginCommand: commands.begin,
    commandStatus: async (conversationId, id): Promise<CommandStatus | null> => {
      const record = await commands.get(conversationId, id);
      if (record === null) return null;
      return record.outcomes === null
        ? { status: 'pending' }
        : { status: 'done', outcomes: Object.values(record.outcomes).map(tellOutcome) };
    },
    traceOf: async (conversationId, fresh) => parseTraceparent(await traces.getOrSet(conversationId, fresh.traceparent)) ?? fresh,
    now: Date.now,
  };
}
