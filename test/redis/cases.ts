import { setTimeout as delay } from 'node:timers/promises';
import type { RedisProgram } from '../../harness/redis-child.ts';
import { failOver, moveSlot, type RedisCluster } from '../../harness/redis-cluster.ts';
import { startSentinel } from './start-pair.ts';
import { ENOUGH, startRestricted } from './start-restricted.ts';
import { startTls } from './start-tls.ts';
import type { Case } from './whole-service.ts';

/** How long an error lasts that ends without a fail-over. */
const ERROR_LASTS_MS = 3_000;

/** The primary of our slot is frozen until its replica has taken over; then the slot moves to another primary. */
export function clusterCase(cluster: RedisCluster): Case {
  const { primary, replica, other, urls } = cluster;
  return {
    name: 'Redis Cluster: frozen primary, moved slot',
    env: { REDIS_URL: urls.join(',') },
    incident: async ({ untilRefused, untilAccepted }) => {
      await failOver(primary, replica, async () => {
        await untilRefused();
        await untilAccepted();
      });
      await moveSlot(cluster, replica, other);
    },
  };
}

/** The primary is frozen; it wakes up when the service works with the new one. */
export async function sentinelCase(program?: RedisProgram): Promise<Case> {
  const { env, primary } = await startSentinel(program);
  return {
    name: 'Sentinel: frozen primary',
    env,
    roles: ['all', 'all'],
    incident: async ({ untilRefused, untilAccepted }) => {
      primary.pause();
      await untilRefused();
      await untilAccepted();
      primary.resume();
    },
  };
}

/** Redis is killed and started again. */
export async function tlsCase(program?: RedisProgram): Promise<Case> {
  const { redis, env } = await startTls(program);
  return {
    name: 'TLS with a client certificate: killed Redis',
    kind: 'silent',
    roles: ['all'],
    env,
    incident: async ({ untilRefused }) => {
      await redis.kill();
      await untilRefused();
      await redis.restart();
    },
  };
}

/** Redis lacks memory for a while. */
export async function restrictedCase(program?: RedisProgram): Promise<Case> {
  const { admin, env } = await startRestricted(ENOUGH, program);
  return {
    name: 'restricted user: no memory',
    kind: 'refused',
    roles: ['all'],
    env,
    incident: async ({ untilRefused }) => {
      await admin.config('SET', 'maxmemory', '1');
      await untilRefused();
      await delay(ERROR_LASTS_MS);
      await admin.config('SET', 'maxmemory', '0');
    },
  };
}
