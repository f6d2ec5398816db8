import type { ProcessSpec } from '../process/start-process.ts';
import { SECRET, type Target } from './target.ts';

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
  // Asked a hundred times a second: a queue that is opened for each question would take a share of the cores that are measured.
  countUnfinished: async (redis) => {
    const lengths = redis.multi().llen(keyOf('wait')).llen(keyOf('active'));
    const counts = await lengths.zcard(keyOf('delayed')).zcard(keyOf('prioritized')).exec();
    return (counts ?? []).reduce((sum, [, count]) => sum + Number(count), 0);
  },
  countFailed: (redis) => redis.zcard(keyOf('failed')),
  queue: { name: 'events', prefix: PREFIX },
};

/** BullMQ's key of the queue. */
function keyOf(part: string): string {
  return `${PREFIX}:events:${part}`;
}

/** Fastify and nothing more, as a receiver. */
export function floor(kind: 'accept' | 'verify'): ProcessSpec {
  return { args: ['bench/floor/main.ts'], env: { FLOOR: kind, WEBHOOK_SECRET: SECRET } };
}
