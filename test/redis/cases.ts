import { setTimeout as delay } from 'node:timers/promises';
import type { RedisProgram } from '../../harness/redis-child.ts';
import { failOver, moveSlot } from '../../harness/redis-cluster.ts';
import { startCluster } from './start-cluster.ts';
import { startSentinel } from './start-pair.ts';
import { ENOUGH, startRestricted, USER } from './start-restricted.ts';
import { startTls } from './start-tls.ts';
import type { Case } from './whole-service.ts';

/** How long an error lasts that ends without a fail-over. */
const ERROR_LASTS_MS = 3_000;

/** The primary of our slot is frozen until its replica has taken over; then the slot moves to another primary. */
export async function clusterCase(program?: RedisProgram): Promise<Case> {
  const cluster = await startCluster(program);
  const { env, primary, replica, other } = cluster;
  return {
    name: 'Redis Cluster: frozen primary, moved slot',
    env,
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
    env,
    incident: async ({ untilRefused }) => {
      await redis.kill();
      await untilRefused();
      await redis.restart();
    },
  };
}

/** The user lacks a permission for a while, and then Redis lacks memory. */
export async function restrictedCase(program?: RedisProgram): Promise<Case> {
  const { admin, env } = await startRestricted(ENOUGH, program);
  return {
    name: 'restricted user: lost permission, no memory',
    kind: 'refused',
    env,
    incident: async ({ untilRefused, untilAccepted }) => {
      await admin.call('ACL', 'SETUSER', USER.name, '-@write');
      await untilRefused();
      await delay(ERROR_LASTS_MS);
      await admin.call('ACL', 'SETUSER', USER.name, ...ENOUGH);
      await untilAccepted();
      await admin.config('SET', 'maxmemory', '1');
      await untilRefused();
      await delay(ERROR_LASTS_MS);
      await admin.config('SET', 'maxmemory', '0');
    },
  };
}
