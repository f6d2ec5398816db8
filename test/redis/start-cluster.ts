import { onTestFinished } from 'vitest';
import type { RedisProgram } from '../../harness/redis-child.ts';
import { startRedisCluster } from '../../harness/redis-cluster.ts';
import { prefix } from './set-up.ts';

/** A cluster of the test's own, and the settings of the service that lead to it. */
export async function startCluster(program?: RedisProgram) {
  const cluster = await startRedisCluster(prefix, program === undefined ? {} : { program });
  onTestFinished(() => cluster.stop());
  return { ...cluster, env: { REDIS_URL: cluster.urls.join(',') } };
}
