import { Redis } from 'ioredis';

/** What Redis holds for one prefix, read without the service's own code; key names as in the inbox and in BullMQ. */
export interface RedisState {
  /** Conversations with entries in their inbox. */
  readonly inboxes: readonly string[];
  readonly pending: readonly string[];
  /** Of the queue `conversations`, in any state. */
  readonly jobs: number;
  /** Dead letters that a worker has yet to move to the failed state. */
  readonly unparked: number;
}

export async function readRedisState(url: string, prefix: string): Promise<RedisState> {
  return withRedis(url, async (redis) => {
    const inboxKey = `${prefix}:inbox:`;
    const inboxes: string[] = [];
    for await (const keys of redis.scanStream({ match: `${inboxKey}*`, count: 1_000 })) inboxes.push(...(keys as string[]));
    return {
      inboxes: inboxes.map((key) => key.slice(inboxKey.length)),
      pending: await redis.zrange(`${prefix}:pending`, '0', '-1'),
      jobs: await countJobs(redis, `${prefix}:conversations`, ['delayed', 'failed', 'completed']),
      unparked: await countJobs(redis, `${prefix}:dead-letters`, ['delayed']),
    };
  });
}

/** Whether no event waits to be processed. */
export async function isDrained(url: string, prefix: string): Promise<boolean> {
  const { inboxes, pending } = await readRedisState(url, prefix);
  return inboxes.length + pending.length === 0;
}

/** In whatever waits, runs, or is in one of the `sortedSets`. */
async function countJobs(redis: Redis, queue: string, sortedSets: readonly string[]): Promise<number> {
  const counts = await Promise.all([
    ...['wait', 'active', 'paused'].map((list) => redis.llen(`${queue}:${list}`)),
    ...['prioritized', ...sortedSets].map((set) => redis.zcard(`${queue}:${set}`)),
  ]);
  return counts.reduce((sum, count) => sum + count, 0);
}

export interface StoredDeadLetter {
  readonly eventId: string;
  readonly actionKey: string;
  readonly reason: string;
}

/** The queue `dead-letters`, its jobs in the failed state. */
export async function readDeadLetters(url: string, prefix: string): Promise<StoredDeadLetter[]> {
  return withRedis(url, async (redis) => {
    const ids = await redis.zrange(`${prefix}:dead-letters:failed`, '0', '-1');
    const texts = await Promise.all(ids.map((id) => redis.hget(`${prefix}:dead-letters:${id}`, 'data')));
    return texts.map((text) => {
      const letter = JSON.parse(text ?? '') as {
        entry: { id: string };
        actionKey: string;
        outcome: { reason: string };
      };
      return { eventId: letter.entry.id, actionKey: letter.actionKey, reason: letter.outcome.reason };
    });
  });
}

async function withRedis<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { maxRetriesPerRequest: 5 });
  redis.on('error', () => undefined); // reported by the command that fails
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}
