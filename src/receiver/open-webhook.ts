import { totalmem } from 'node:os';
import type { Config, WebhookConfig } from '../config/config.ts';
import { eventStories } from '../desk/event-story.ts';
import { parseTraceparent } from '../domain/trace-context.ts';
import { createTraceMemory } from '../inbox/trace-memory.ts';
import type { Intake } from '../intake/intake.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { ParseCommand } from '../rules/parse-command.ts';
import { createStoryReader } from '../story/story-reader.ts';
import type { WebhookDependencies } from './dependencies.ts';

export interface OpenWebhookOptions {
  readonly config: Config;
  readonly webhook: WebhookConfig;
  /** Of the purpose `producer`. */
  readonly redis: RedisConnection;
  readonly intake: Intake;
  readonly parseCommand: ParseCommand;
}

/** Connects the routes to the intake, and to Redis for the traces of conversations. */
export function openWebhook({ config, webhook, redis, intake, parseCommand }: OpenWebhookOptions): WebhookDependencies {
  const traces = createTraceMemory({ redis, prefix: config.redis.prefix });
  const stories = createStoryReader({ redis, prefix: config.redis.prefix, days: config.storyDays });
  return {
    config: webhook,
    receivingLimitBytes: receivingLimitOf(webhook.bodyLimitBytes, config.receiverProcesses),
    adminToken: () => config.adminToken,
    intake,
    parseCommand,
    traceOf: async (conversationId, fresh) => parseTraceparent(await traces.getOrSet(conversationId, fresh.traceparent)) ?? fresh,
    eventsOf: async (conversationId) => eventStories(await stories.story(conversationId)),
    now: Date.now,
  };
}

/** Part of the memory of the process: a body that is parsed and stored takes several times its bytes. */
const RECEIVING_SHARE = 1 / 16;

/** At least two of the largest bodies, or a largest body could never be received. */
function receivingLimitOf(bodyLimitBytes: number, processes: number): number {
  return Math.max((processMemoryBytes() * RECEIVING_SHARE) / processes, 2 * bodyLimitBytes);
}

/** The memory limit of the process's control group, or the machine's memory where there is none. */
function processMemoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
