import { setTimeout as delay } from 'node:timers/promises';
import type { FlakyProxy } from '../../harness/flaky-proxy.ts';
import type { Simulator } from '../../simulator/start-simulator.ts';
import type { Fleet } from './fleet.ts';
import type { Disruption, Network } from './plan-disruptions.ts';
import type { RedisTarget } from './redis-target.ts';

/** What can be disrupted. */
export interface Scene {
  readonly fleet: Fleet;
  readonly redis: RedisTarget;
  /** Nothing is between the service and a cluster. */
  readonly networks: Readonly<Partial<Record<Network, FlakyProxy>>>;
  readonly simulator: Pick<Simulator, 'revokeTokens'>;
}

/**
 * Does each disruption at its time; resolves when the last is over and everything runs again.
 * @throws the reason of `signal` when it is aborted before that
 */
export async function disrupt(scene: Scene, plan: readonly Disruption[], signal: AbortSignal): Promise<void> {
  const startedAt = performance.now();
  await Promise.all(
    plan.map(async (disruption) => {
      await delay(Math.max(0, startedAt + disruption.atMs - performance.now()), undefined, { signal });
      await perform(scene, disruption);
    }),
  );
  for (const network of Object.values(scene.networks)) network.delay(0);
}

async function perform({ fleet, networks, redis, simulator }: Scene, disruption: Disruption): Promise<void> {
  switch (disruption.kind) {
    case 'kill':
      return fleet.kill(disruption.what, disruption.downForMs);
    case 'redis':
      return redis.disrupt(disruption.disruption);
    case 'cut':
      networks[disruption.network]?.cut();
      return;
    case 'delay':
      networks[disruption.network]?.delay(disruption.delayMs);
      await delay(disruption.forMs);
      networks[disruption.network]?.delay(0);
      return;
    case 'revoke-tokens':
      simulator.revokeTokens();
  }
}
