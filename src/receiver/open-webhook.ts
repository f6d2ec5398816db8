import type { Config, WebhookConfig } from '../config/config.ts';
import { parseTraceparent } from '../domain/trace-context.ts';
import { createTraceMemory } from '../inbox/trace-memory.ts';
import type { Intake } from '../intake/intake.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { ParseCommand } from '../rules/parse-command.ts';
import type { WebhookDependencies } from './dependencies.ts';

export interface OpenWebhookOptions {
  readonly config: Config;
  readonly webhook: WebhookConfig;
  /** Of the purpose `producer`. */
  readonly redis: RedisConnection;
  readonly intake: Intake;
  readonly parseCommand: ParseCommand;
}

/** Joins the routes to the intake, and to Redis for the traces of conversations. */
export function openWebhook({ config, webhook, redis, intake, parseCommand }: OpenWebhookOptions): WebhookDependencies {
  const traces = createTraceMemory({ redis, prefix: config.redis.prefix });
  return {
    config: webhook,
    intake,
    parseCommand,
    traceOf: async (conversationId, fresh) => parseTraceparent(await traces.getOrSet(conversationId, fresh.traceparent)) ?? fresh,
    now: Date.now,
  };
}
