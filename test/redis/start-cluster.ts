import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import type { RedisChild, RedisProgram } from '../../harness/redis-child.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { prefix, startRedis } from './set-up.ts';

const SLOTS = 16_384;
const PRIMARIES = 3;
const KEYS_AT_ONCE = 10;
const SETTINGS = { 'cluster-enabled': 'yes', 'cluster-announce-ip': '127.0.0.1', 'cluster-node-timeout': '1500' };

export interface ClusterNode {
  readonly child: RedisChild;
  readonly id: string;
  readonly client: Redis;
}

/** Three primaries, and a replica of the one that has our slot. */
export async function startCluster(program?: RedisProgram) {
  const nodes = await Promise.all(Array.from({ length: PRIMARIES + 1 }, () => startNode(program)));
  const [first] = nodes;
  if (first === undefined) throw new Error('no node');
  const slot = await first.client.cluster('KEYSLOT', prefix);
  const share = Math.ceil(SLOTS / PRIMARIES);
  for (const [index, { client }] of nodes.slice(0, PRIMARIES).entries()) {
    const own = Array.from({ length: SLOTS }, (_, each) => each).filter((each) => Math.floor(each / share) === index);
    await client.cluster('ADDSLOTS', ...own);
  }
  for (const { child } of nodes.slice(1)) await first.client.call('CLUSTER', 'MEET', '127.0.0.1', child.port);
  const primary = nodes[Math.floor(slot / share)];
  const replica = nodes[PRIMARIES];
  if (primary === undefined || replica === undefined) throw new Error('no node has the slot');
  const knows = async (client: Redis, id: string) => String(await client.cluster('NODES')).includes(id);
  await waitUntil(() => knows(replica.client, primary.id), { what: 'the replica to know the primary' });
  await replica.client.call('CLUSTER', 'REPLICATE', primary.id);
  await waitUntil(async () => (await infoOf(replica)).includes('master_link_status:up'), {
    what: 'the replica',
    timeoutMs: 30_000,
  });
  await waitUntil(async () => (await isWell(nodes)) && (await replicaIsKnown(nodes, replica)), {
    what: 'the cluster',
    timeoutMs: 30_000,
  });
  const other = nodes.slice(0, PRIMARIES).find((node) => node !== primary);
  if (other === undefined) throw new Error('there is no other primary');
  const urls = nodes.map(({ child }) => child.url);
  return { nodes, slot, primary, replica, other, urls, env: { REDIS_URL: urls.join(',') } };
}

async function startNode(program: RedisProgram | undefined): Promise<ClusterNode> {
  const child = await startRedis(SETTINGS, program);
  const client = new Redis(child.url);
  client.on('error', () => undefined);
  onTestFinished(() => client.disconnect());
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

/** Moves a slot with its keys to another primary, a few keys at a time, as `redis-cli --cluster reshard` does. */
export async function moveSlot(nodes: readonly ClusterNode[], slot: number, from: ClusterNode, to: ClusterNode): Promise<void> {
  await to.client.cluster('SETSLOT', slot, 'IMPORTING', from.id);
  await from.client.cluster('SETSLOT', slot, 'MIGRATING', to.id);
  for (;;) {
    const keys = await from.client.cluster('GETKEYSINSLOT', slot, KEYS_AT_ONCE);
    if (keys.length === 0) break;
    await from.client.migrate('127.0.0.1', to.child.port, '', 0, 5_000, 'KEYS', ...keys);
  }
  const primaries = await Promise.all(nodes.map(async (node) => ((await infoOf(node)).includes('role:master') ? node : null)));
  // First the new owner, so that the slot is never without one.
  for (const node of [to, from, ...primaries.filter((each) => each !== null && each !== to && each !== from)])
    await node?.client.cluster('SETSLOT', slot, 'NODE', to.id);
}

/** Freezes `node` until `successor` has taken its place, and for as long as `meanwhile` takes. */
export async function failOver(node: ClusterNode, successor: ClusterNode, meanwhile: () => Promise<unknown>): Promise<void> {
  node.child.pause();
  try {
    await meanwhile();
    await waitUntil(async () => (await infoOf(successor)).includes('role:master'), { what: 'the fail-over', timeoutMs: 30_000 });
  } finally {
    node.child.resume();
  }
  await waitUntil(async () => (await infoOf(node)).includes('role:slave'), {
    what: 'the old primary to follow',
    timeoutMs: 30_000,
  });
  await waitUntil(async () => (await infoOf(node)).includes('master_link_status:up'), { what: 'the copy', timeoutMs: 30_000 });
}
