import { setTimeout as delay } from 'node:timers/promises';
import { startRedisChild } from '../../harness/redis.ts';
import {
  type ClusterNode,
  failOver,
  moveSlot,
  startRedisCluster,
  untilFollowing,
  untilPromoted,
} from '../../harness/redis-cluster.ts';
import type { RedisDisruption } from './plan-disruptions.ts';

/** A Redis that syncs every write, in one of two forms, and what can be done to it. */
export interface RedisTarget {
  /** For `REDIS_URL`. */
  readonly url: string;
  /** The Redis that holds the keys at this moment. */
  owner(): { readonly url: string };
  /** Resolves when the disruption is over. One is done after the other. */
  disrupt(disruption: RedisDisruption): Promise<void>;
  stop(): Promise<void>;
}

/** One Redis: it is killed and started again, or paused. */
export async function openSingle(): Promise<RedisTarget & { readonly port: number }> {
  const redis = await startRedisChild({ appendFsync: 'always' });
  const perform = async (disruption: RedisDisruption) => {
    if (disruption.kind === 'pause-redis') {
      redis.pause();
      await delay(disruption.forMs);
      redis.resume();
    } else if (disruption.kind === 'kill') {
      await redis.kill();
      await delay(disruption.downForMs);
      await redis.restart();
    } else throw new Error(`one Redis has no ${disruption.kind}`);
  };
  return { url: redis.url, port: redis.port, owner: () => redis, disrupt: oneAfterTheOther(perform), stop: () => redis.stop() };
}

/**
 * A primary that wakes up accepts what clients send to it until it has heard that it was replaced, and loses it. So it sleeps until
 * every client has left it: a worker gives up a silent connection after 8 s.
 */
const CLIENTS_LEAVE_MS = 9_000;

/** A Redis Cluster: its primary is frozen, or killed and replaced, and the slot of the prefix moves to another node and back. */
export async function openCluster(prefix: string): Promise<RedisTarget> {
  const cluster = await startRedisCluster(prefix, { appendFsync: 'always' });
  let { primary, replica }: { primary: ClusterNode; replica: ClusterNode } = cluster;
  const perform = async (disruption: RedisDisruption) => {
    switch (disruption.kind) {
      case 'pause-redis':
        primary.child.pause();
        await delay(disruption.forMs);
        primary.child.resume();
        return;
      case 'reshard':
        await moveSlot(cluster, primary, cluster.other);
        await moveSlot(cluster, cluster.other, primary);
        return;
      case 'fail-over':
        await failOver(primary, replica, () => delay(CLIENTS_LEAVE_MS));
        break;
      case 'kill':
        await primary.child.kill();
        await untilPromoted(replica);
        await primary.child.restart();
        await untilFollowing(primary);
    }
    [primary, replica] = [replica, primary];
  };
  return {
    url: cluster.urls.join(','),
    owner: () => primary.child,
    disrupt: oneAfterTheOther(perform),
    stop: cluster.stop,
  };
}

/** Redis can't be restarted while it is paused, or fail over while a slot moves. */
function oneAfterTheOther(perform: (disruption: RedisDisruption) => Promise<void>): RedisTarget['disrupt'] {
  let before = Promise.resolve();
  return (disruption) => {
    before = before.then(() => perform(disruption));
    return before;
  };
}
