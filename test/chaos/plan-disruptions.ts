import { createRandom, type Random } from './random.ts';

export const SERVICES = ['receiver-1', 'receiver-2', 'worker-1', 'worker-2'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** Something that goes wrong at `atMs` after the start. */
export type Disruption = { readonly atMs: number } & (
  | { readonly kind: 'kill'; readonly what: ServiceName; readonly downForMs: number }
  | { readonly kind: 'redis'; readonly disruption: RedisDisruption }
  | { readonly kind: 'cut'; readonly network: Network }
  | { readonly kind: 'delay'; readonly network: Network; readonly delayMs: number; readonly forMs: number }
  | { readonly kind: 'revoke-tokens' }
);

/** What happens to Redis; only a cluster has a fail-over and a slot that moves. */
export type RedisDisruption =
  | { readonly kind: 'kill'; readonly downForMs: number }
  | { readonly kind: 'pause-redis'; readonly forMs: number }
  | { readonly kind: 'fail-over' }
  | { readonly kind: 'reshard' };

export type RedisForm = 'single' | 'cluster';

export type Network = 'redis' | 'genesys';

/** Longer delays than a client waits would only be cuts. */
const LONGEST_DELAY_MS: Readonly<Record<Network, number>> = { redis: 200, genesys: 800 };

type Unscheduled<D = Disruption> = D extends Disruption ? Omit<D, 'atMs'> : never;

/** The most that a primary of the test's cluster may be frozen without a fail-over. */
const SHORT_FREEZE_MS = 1_000;
/** A fail-over and what follows it take about so long. */
const CLUSTER_DISRUPTION_MS = 15_000;

/**
 * `kills` kills, and half as many other disruptions, spread over `durationMs`. On a cluster the kills are those of the service, and
 * Redis has disruptions in addition: fail-overs, killed primaries, short freezes and moved slots in turn.
 */
export function planDisruptions(seed: number, durationMs: number, kills: number, form: RedisForm): Disruption[] {
  const random = createRandom(seed + 2);
  const spread = (count: number, draw: (random: Random) => Unscheduled): Disruption[] =>
    Array.from({ length: count }, (_, index) => {
      const atMs = Math.round(((index + random.next()) / count) * durationMs);
      return { atMs, ...draw(random) } as Disruption;
    });
  const own =
    form === 'single'
      ? [...spread(kills, drawKill), ...spread(Math.ceil(kills / 2), drawOther)]
      : [...spread(kills, drawServiceKill), ...spread(Math.ceil(kills / 2), drawGenesysFault)];
  const turns = form === 'single' ? 0 : Math.max(CLUSTER_TURN.length, Math.floor(durationMs / CLUSTER_DISRUPTION_MS));
  const ofCluster = Array.from({ length: turns }, (_, index): Disruption => {
    const disruption = CLUSTER_TURN[index % CLUSTER_TURN.length]?.(random) ?? { kind: 'fail-over' };
    return { atMs: Math.round((index / turns) * durationMs), kind: 'redis', disruption };
  });
  const planned = [...own, ...ofCluster];
  return planned.sort((one, other) => one.atMs - other.atMs);
}

const CLUSTER_TURN: readonly ((random: Random) => RedisDisruption)[] = [
  () => ({ kind: 'fail-over' }),
  () => ({ kind: 'reshard' }),
  (random) => ({ kind: 'pause-redis', forMs: random.between(200, SHORT_FREEZE_MS) }),
  () => ({ kind: 'kill', downForMs: 0 }),
];

function drawKill(random: Random): Unscheduled {
  const what = random.pick([...SERVICES, 'redis'] as const);
  const downForMs = random.between(0, 800);
  return what === 'redis' ? { kind: 'redis', disruption: { kind: 'kill', downForMs } } : { kind: 'kill', what, downForMs };
}

function drawServiceKill(random: Random): Unscheduled {
  return { kind: 'kill', what: random.pick(SERVICES), downForMs: random.between(0, 800) };
}

function drawGenesysFault(random: Random): Unscheduled {
  const kind = random.pick(['cut', 'delay', 'revoke-tokens'] as const);
  if (kind !== 'delay') return { kind, network: 'genesys' } as Unscheduled;
  const delayMs = random.between(20, LONGEST_DELAY_MS.genesys);
  return { kind, network: 'genesys', delayMs, forMs: random.between(500, 2_000) };
}

function drawOther(random: Random): Unscheduled {
  const network = random.pick(['redis', 'genesys'] as const);
  const kind = random.pick(['pause-redis', 'cut', 'cut', 'delay', 'revoke-tokens'] as const);
  if (kind === 'pause-redis') return { kind: 'redis', disruption: { kind, forMs: random.between(200, 2_500) } };
  if (kind === 'cut') return { kind, network };
  if (kind === 'revoke-tokens') return { kind };
  return { kind, network, delayMs: random.between(20, LONGEST_DELAY_MS[network]), forMs: random.between(500, 2_000) };
}
