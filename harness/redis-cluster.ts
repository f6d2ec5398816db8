import { Redis } from 'ioredis';
import { type RedisChildOptions, startRedisChild } from './redis.ts';
import type { RedisChild } from './redis-child.ts';
import { waitUntil } from './wait-until.ts';

const SLOTS = 16_384;
const PRIMARIES = 3;
const KEYS_AT_ONCE = 10;
const SETTINGS = { 'cluster-enabled': 'yes', 'cluster-announce-ip': '127.0.0.1', 'cluster-node-timeout': '1500' };

export interface ClusterNode {
  readonly child: RedisChild;
  readonly id: string;
  readonly client: Redis;
}

/** Three primaries, and a replica of the one that has the slot of a prefix. */
export interface RedisCluster {
  readonly nodes: readonly ClusterNode[];
  readonly slot: number;
  /** It has the slot at first. */
  readonly primary: ClusterNode;
  /** The replica of `primary`. */
  readonly replica: ClusterNode;
  /** A primary that has another slot. */
  readonly other: ClusterNode;
  readonly urls: readonly string[];
  stop(): Promise<void>;
}

export async function startRedisCluster(
  prefix: string,
  options: Omit<RedisChildOptions, 'settings'> = {},
): Promise<RedisCluster> {
  const nodes = await Promise.all(Array.from({ length: PRIMARIES + 1 }, () => startNode(options)));
  const stop = async () => {
    for (const { client } of nodes) client.disconnect();
    await Promise.all(nodes.map(({ child }) => child.stop()));
  };
  try {
    const slot = (await nodes[0]?.client.cluster('KEYSLOT', prefix)) ?? 0;
    const roles = await formCluster(nodes, slot);
    return { nodes, slot, ...roles, urls: nodes.map(({ child }) => child.url), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function formCluster(nodes: readonly ClusterNode[], slot: number) {
  const share = Math.ceil(SLOTS / PRIMARIES);
  const primaries = nodes.slice(0, PRIMARIES);
  for (const [index, { client }] of primaries.entries()) {
    const own = Array.from({ length: SLOTS }, (_, each) => each).filter((each) => Math.floor(each / share) === index);
    await client.cluster('ADDSLOTS', ...own);
  }
  for (const { child } of nodes.slice(1)) await nodes[0]?.client.call('CLUSTER', 'MEET', '127.0.0.1', child.port);
  const primary = primaries[Math.floor(slot / share)];
  const replica = nodes[PRIMARIES];
  const other = primaries.find((node) => node !== primary);
  if (primary === undefined || replica === undefined || other === undefined) throw new Error('the cluster lacks a node');
  const knows = async (client: Redis, id: string) => String(await client.cluster('NODES')).includes(id);
  await waitUntil(() => knows(replica.client, primary.id), { what: 'the replica to know the primary', timeoutMs: 30_000 });
  await replica.client.call('CLUSTER', 'REPLICATE', primary.id);
  await untilFollowing(replica);
  await waitUntil(async () => (await isWell(nodes)) && (await replicaIsKnown(nodes, replica)), {
    what: 'the cluster',
    timeoutMs: 30_000,
  });
  return { primary, replica, other };
}

async function startNode(options: Omit<RedisChildOptions, 'settings'>): Promise<ClusterNode> {
  const child = await startRedisChild({ ...options, settings: SETTINGS });
  const client = new Redis(child.url);
  client.on('error', () => undefined);
  return { child, client, id: String(await client.call('CLUSTER', 'MYID')) };
}

const infoOf = async ({ client }: ClusterNode) => String(await client.info('replication'));

async function isWell(nodes: readonly ClusterNode[]): Promise<boolean> {
  const states = await Promise.all(nodes.map(({ client }) => client.cluster('INFO')));
  return states.every((state) => state.includes('cluster_state:ok') && state.includes(`cluster_known_nodes:${nodes.length}`));
}

async function replicaIsKnown(nodes: readonly ClusterNode[], replica: ClusterNode): Promise<boolean> {
  const views = await Promise.all(nodes.map(({ client }) => client.cluster('NODES')));
  return views.every((view) => new RegExp(`^${replica.id} .*slave`, 'm').test(String(view)));
}

/** Resolves when the node is a primary. */
export async function untilPromoted(node: ClusterNode): Promise<void> {
  const isPrimary = async () => (await infoOf(node)).includes('role:master');
  await waitUntil(isPrimary, { what: 'the fail-over', timeoutMs: 30_000 });
}

/** Resolves when the node is a replica that has copied its primary. */
export async function untilFollowing(node: ClusterNode): Promise<void> {
  const follows = async () => {
    const info = await infoOf(node);
    return info.includes('role:slave') && info.includes('master_link_status:up');
  };
  await waitUntil(follows, { what: 'a replica to follow its primary', timeoutMs: 60_000 });
}

/** Freezes `node` until its replica `successor` has taken its place, and for as long as `meanwhile` takes. */
export async function failOver(node: ClusterNode, successor: ClusterNode, meanwhile: () => Promise<unknown>): Promise<void> {
  node.child.pause();
  try {
    await meanwhile();
    await untilPromoted(successor);
  } finally {
    node.child.resume();
  }
  await untilFollowing(node);
}

/** Moves a slot with its keys to another primary, a few keys at a time, as `redis-cli --cluster reshard` does. */
export async function moveSlot({ nodes, slot }: RedisCluster, from: ClusterNode, to: ClusterNode): Promise<void> {
  await to.client.cluster('SETSLOT', slot, 'IMPORTING', from.id);
  await from.client.cluster('SETSLOT', slot, 'MIGRATING', to.id);
  for (;;) {
    const keys = await from.client.cluster('GETKEYSINSLOT', slot, KEYS_AT_ONCE);
    if (keys.length === 0) break;
    await from.client.migrate('127.0.0.1', to.child.port, '', 0, 5_000, 'KEYS', ...keys);
  }
  // First the new owner, so that the slot is never without one.
  for (const node of [to, from, ...nodes.filter((each) => each !== to && each !== from)]) {
    if ((await infoOf(node)).includes('role:master')) await node.client.cluster('SETSLOT', slot, 'NODE', to.id);
  }
}
