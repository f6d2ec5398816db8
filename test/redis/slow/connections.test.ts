import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import type { RedisChild } from '../../../harness/redis-child.ts';
import { waitUntil } from '../../../harness/wait-until.ts';
import { startRedis } from '../set-up.ts';
import { startCluster } from '../start-cluster.ts';
import { startSentinel } from '../start-pair.ts';
import { openService } from '../whole-service.ts';

interface Servers {
  readonly env: Readonly<Record<string, string>>;
  readonly servers: readonly RedisChild[];
}

/** As in the table of docs/redis.md: connections to each server, in the order in which they are listed. */
interface Expected {
  readonly receiver: readonly number[];
  readonly worker: readonly number[];
}

const SET_UPS: readonly [string, () => Promise<Servers>, Expected][] = [
  ['one Redis', openOne, { receiver: [1], worker: [5] }],
  ['Sentinel', openSentinel, { receiver: [1, 0, 1], worker: [5, 0, 5] }],
  // Each client asks any node for the slots, and watches any node.
  ['a cluster', openCluster, { receiver: [1], worker: [5] }],
];

async function openOne(): Promise<Servers> {
  const redis = await startRedis();
  return { env: { REDIS_URL: redis.url }, servers: [redis] };
}

async function openSentinel(): Promise<Servers> {
  const { env, primary, replica, sentinel } = await startSentinel();
  return { env, servers: [primary, replica, sentinel] };
}

/** First the primary of our slot. */
async function openCluster(): Promise<Servers> {
  const { env, nodes, primary } = await startCluster();
  return { env, servers: [primary, ...nodes.filter((node) => node !== primary)].map(({ child }) => child) };
}

/** Connections of clients, without replicas, Sentinels and this one. */
async function countConnections({ url }: RedisChild): Promise<number> {
  const redis = new Redis(url);
  try {
    const own = await redis.call('CLIENT', 'ID');
    const list = String(await redis.call('CLIENT', 'LIST'))
      .trim()
      .split('\n');
    const isServer = (line: string) => / flags=\S*[SM]/.test(line) || / name=sentinel-/.test(line);
    return list.filter((line) => !line.startsWith(`id=${own} `) && !isServer(line)).length;
  } finally {
    redis.disconnect();
  }
}

describe.each(SET_UPS)('the connections of a process to %s', (_, open, expected) => {
  test.each(['receiver', 'worker'] as const)('as a %s', async (ROLE) => {
    const { env, servers } = await open();
    const count = () => Promise.all(servers.map(countConnections));
    const before = await count();
    const { start } = await openService(env);
    await start(ROLE);
    const added = async () => (await count()).map((connections, index) => connections - (before[index] ?? 0));
    const certain = async () => (await added()).slice(0, expected[ROLE].length);
    const isAsExpected = async () => JSON.stringify(await certain()) === JSON.stringify(expected[ROLE]);
    await waitUntil(isAsExpected, { timeoutMs: 15_000 }).catch(() => undefined);
    expect(await certain()).toEqual(expected[ROLE]);
    const uncertain = (await added()).slice(expected[ROLE].length);
    expect(Math.max(0, ...uncertain)).toBeLessThanOrEqual(2 * (expected[ROLE][0] ?? 0));
  });
});
