import { onTestFinished } from 'vitest';
import { type RedisChildOptions, startRedisChild } from '../../harness/redis.ts';
import type { RedisChild } from '../../harness/redis-child.ts';

export const prefix = '{hookpatch}';

/** A Redis of the test's own. */
export async function startRedis(settings: RedisChildOptions['settings'] = {}, program?: RedisChildOptions['program']) {
  const child: RedisChild = await startRedisChild({ settings, ...(program === undefined ? {} : { program }) });
  onTestFinished(() => child.stop());
  return child;
}
