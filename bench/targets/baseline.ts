import type { ProcessSpec } from '../process/start-process.ts';
import { SECRET, type Target, withQueue } from './target.ts';

const PREFIX = '{baseline}';

/** One job for each event, as one would write it in an afternoon: `bench/baseline/`. */
export const baseline: Target = {
  name: 'baseline',
  receiver: ({ redisUrl }) => ({
    args: ['bench/baseline/receiver.ts'],
    env: { REDIS_URL: redisUrl, REDIS_PREFIX: PREFIX, WEBHOOK_SECRET: SECRET },
  }),
  worker: ({ redisUrl, platformUrl }) => ({
    args: ['bench/baseline/worker.ts'],
    env: {
      REDIS_URL: redisUrl,
      REDIS_PREFIX: PREFIX,
      PLATFORM_URL: platformUrl,
      CLIENT_ID: 'simulator-client',
      CLIENT_SECRET: 'simulator-secret',
    },
  }),
  countUnfinished: (redis) =>
    withQueue(baseline, redis, (queue) => queue.getJobCountByTypes('waiting', 'active', 'delayed', 'prioritized')),
  countFailed: (redis) => withQueue(baseline, redis, (queue) => queue.getJobCountByTypes('failed')),
  queue: { name: 'events', prefix: PREFIX },
};

/** Fastify and nothing more, as a receiver. */
export function floor(kind: 'accept' | 'verify'): ProcessSpec {
  return { args: ['bench/floor/main.ts'], env: { FLOOR: kind, WEBHOOK_SECRET: SECRET } };
}
