import { createRandom, type Random } from './random.ts';

export const SERVICES = ['receiver-1', 'receiver-2', 'worker-1', 'worker-2'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** Something that goes wrong at `atMs` after the start. */
export type Disruption = { readonly atMs: number } & (
  | { readonly kind: 'kill'; readonly what: ServiceName | 'redis'; readonly downForMs: number }
  | { readonly kind: 'pause-redis'; readonly forMs: number }
  | { readonly kind: 'cut'; readonly network: Network }
  | { readonly kind: 'delay'; readonly network: Network; readonly delayMs: number; readonly forMs: number }
  | { readonly kind: 'revoke-tokens' }
);

export type Network = 'redis' | 'genesys';

/** Longer delays than a client waits would only be cuts. */
const LONGEST_DELAY_MS: Readonly<Record<Network, number>> = { redis: 200, genesys: 800 };

type Unscheduled<D = Disruption> = D extends Disruption ? Omit<D, 'atMs'> : never;

/** `kills` kills, and half as many other disruptions, spread over `durationMs`. */
export function planDisruptions(seed: number, durationMs: number, kills: number): Disruption[] {
  const random = createRandom(seed + 2);
  const spread = (count: number, draw: (random: Random) => Unscheduled): Disruption[] =>
    Array.from({ length: count }, (_, index) => {
      const atMs = Math.round(((index + random.next()) / count) * durationMs);
      return { atMs, ...draw(random) } as Disruption;
    });
  const planned = [...spread(kills, drawKill), ...spread(Math.ceil(kills / 2), drawOther)];
  return planned.sort((one, other) => one.atMs - other.atMs);
}

function drawKill(random: Random): Unscheduled {
  return { kind: 'kill', what: random.pick([...SERVICES, 'redis']), downForMs: random.between(0, 800) };
}

function drawOther(random: Random): Unscheduled {
  const network = random.pick(['redis', 'genesys'] as const);
  const kind = random.pick(['pause-redis', 'cut', 'cut', 'delay', 'revoke-tokens'] as const);
  if (kind === 'pause-redis') return { kind, forMs: random.between(200, 2_500) };
  if (kind === 'cut') return { kind, network };
  if (kind === 'revoke-tokens') return { kind };
  return { kind, network, delayMs: random.between(20, LONGEST_DELAY_MS[network]), forMs: random.between(500, 2_000) };
}
