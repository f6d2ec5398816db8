import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import { startSentinelChild } from '../../harness/redis.ts';
import type { RedisChild, RedisProgram } from '../../harness/redis-child.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { startRedis } from './set-up.ts';

/** Sends one command to a server, whatever its role. */
export async function ask({ url }: RedisChild, ...command: [string, ...string[]]): Promise<string> {
  const client = new Redis(url);
  try {
    return String(await client.call(...command));
  } finally {
    client.disconnect();
  }
}

/** A primary and its replica. */
export async function startPair(program?: RedisProgram) {
  const primary = await startRedis({}, program);
  const replica = await startRedis({}, program);
  await ask(replica, 'REPLICAOF', '127.0.0.1', String(primary.port));
  const isCopying = async () => (await ask(replica, 'INFO', 'replication')).includes('master_link_status:up');
  await waitUntil(isCopying, { what: 'the replica', timeoutMs: 30_000 });
  return { primary, replica };
}

/** The same, watched by a Sentinel. */
export async function startSentinel(program?: RedisProgram) {
  const { primary, replica } = await startPair(program);
  const sentinel = await startSentinelChild(primary.port, program);
  onTestFinished(() => sentinel.stop());
  const knowsReplica = async () => (await ask(sentinel, 'SENTINEL', 'replicas', 'main')).includes(`127.0.0.1:${replica.port}`);
  await waitUntil(knowsReplica, { what: 'Sentinel', timeoutMs: 30_000 });
  const REDIS_URL = `redis+sentinel://127.0.0.1:${sentinel.port}/main`;
  return { primary, replica, sentinel, env: { REDIS_URL } };
}
