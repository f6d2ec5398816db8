import { setTimeout as delay } from 'node:timers/promises';
import type { FlakyProxy } from '../../harness/flaky-proxy.ts';
import type { RedisChild } from '../../harness/redis-child.ts';
import type { Simulator } from '../../simulator/start-simulator.ts';
import type { Fleet } from './fleet.ts';
import type { Disruption, Network } from './plan-disruptions.ts';

/** What can be disrupted. */
export interface Scene {
  readonly fleet: Fleet;
  readonly redis: RedisChild;
  readonly networks: Readonly<Record<Network, FlakyProxy>>;
  readonly simulator: Pick<Simulator, 'revokeTokens'>;
}

/**
 * Does each disruption at its time; resolves when the last is over and everything runs again.
 * @throws the reason of `signal` when it is aborted before that
 */
export async function disrupt(scene: Scene, plan: readonly Disruption[], signal: AbortSignal): Promise<void> {
  const startedAt = performance.now();
  const redisIsBusy = { until: Promise.resolve() };
  await Promise.all(
    plan.map(async (disruption) => {
      await delay(Math.max(0, startedAt + disruption.atMs - performance.now()), undefined, { signal });
      await perform(scene, disruption, redisIsBusy);
    }),
  );
  for (const network of Object.values(scene.networks)) network.delay(0);
}

async function perform(scene: Scene, disruption: Disruption, redisIsBusy: { until: Promise<void> }): Promise<void> {
  const { fleet, networks, simulator } = scene;
  /** Redis can't be restarted while it is paused, so what is done to it is done one after the other. */
  const toRedis = (work: () => Promise<void>) => {
    redisIsBusy.until = redisIsBusy.until.then(work);
    return redisIsBusy.until;
  };
  switch (disruption.kind) {
    case 'kill':
      if (disruption.what !== 'redis') return fleet.kill(disruption.what, disruption.downForMs);
      return toRedis(() => restartRedis(scene.redis, disruption.downForMs));
    case 'pause-redis':
      return toRedis(() => pauseRedis(scene.redis, disruption.forMs));
    case 'cut':
      networks[disruption.network].cut();
      return;
    case 'delay':
      networks[disruption.network].delay(disruption.delayMs);
      await delay(disruption.forMs);
      networks[disruption.network].delay(0);
      return;
    case 'revoke-tokens':
      simulator.revokeTokens();
  }
}

async function restartRedis(redis: RedisChild, downForMs: number): Promise<void> {
  await redis.kill();
  await delay(downForMs);
  await redis.restart();
}

async function pauseRedis(redis: RedisChild, forMs: number): Promise<void> {
  redis.pause();
  await delay(forMs);
  redis.resume();
}
