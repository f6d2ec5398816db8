import { type JobsOptions, Queue } from 'bullmq';
import { Redis } from 'ioredis';

export const EVENTS = 'events';

/** The vendor's event as it came. */
export interface EventJob {
  readonly event: EventBridgeEvent;
}

export interface EventBridgeEvent {
  readonly id: string;
  readonly detail: {
    readonly eventBody: { readonly conversationId: string; readonly queueId: string; readonly segment: string };
  };
}

/** A completed job is kept for a day, because its id is what tells a duplicate. */
const DEDUP_SECONDS = 86_400;

const jobOptions = {
  attempts: 8,
  backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 },
  removeOnComplete: { age: DEDUP_SECONDS },
} satisfies JobsOptions;

export function connectRedis(url: string): Redis {
  return new Redis(url, { maxRetriesPerRequest: null });
}

export function openQueue(connection: Redis, prefix: string): Queue<EventJob> {
  return new Queue<EventJob>(EVENTS, { connection, prefix, defaultJobOptions: jobOptions });
}
