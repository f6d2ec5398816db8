import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { NamedLimit } from '../error-body.ts';
import type { GenesysStage } from '../genesys-error.ts';
import type { LimitScope } from './limit-scope.ts';
import type { LimitClaim, LimitState, LimitStore } from './limit-store.ts';
import { SharedLimit } from './shared-limit.ts';
import type { Slot } from './slot.ts';

export interface SharedLimitsOptions {
  /** `null`: this process shares with no other process. */
  readonly store: LimitStore | null;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Requests a minute of a token. */
  readonly ratePerMinute: number;
  /** Requests a minute that all processes together may send; `null`: no such limit is known. */
  readonly organizationRatePerMinute: number | null;
}

type SharedScope = Exclude<LimitScope, 'token'>;

const SHARED_SCOPES: readonly SharedScope[] = ['organization', 'application', 'client', 'route'];

export interface RefusedBy {
  readonly scope: SharedScope;
  /** As Genesys named it; `null` when it did not. */
  readonly limit: NamedLimit | null;
  readonly slot: Slot;
  readonly stage: GenesysStage;
  readonly retryAfterMs: number;
  readonly sentAgoMs: number;
  /** Requests that this process sent in the last minute; the estimate of a limit that nobody has named. */
  readonly sentInLastMinute: number;
}

/** The lowest estimate of a limit of which only a 429 is known. */
const LEAST_GUESS_PER_MINUTE = 60;

/** The limits beyond one token: from the configuration, from Genesys's report, and from 429s. */
export class SharedLimits {
  readonly #options: SharedLimitsOptions;
  readonly #byName = new Map<string, SharedLimit>();
  #changed: () => void = () => {};

  constructor(options: SharedLimitsOptions) {
    this.#options = options;
    const ceiling = options.organizationRatePerMinute;
    if (ceiling !== null) this.#add({ name: ORGANIZATION, ceiling, guessed: false });
  }

  /** There is one listener: the pacer. */
  onChange(changed: () => void): void {
    this.#changed = changed;
  }

  /** The limits that apply to a request with this token. The token's own request goes to another host. */
  on(slot: Slot, stage: GenesysStage): readonly SharedLimit[] {
    if (this.#byName.size === 0) return [];
    const scopes: readonly SharedScope[] = stage === 'token' ? ['route'] : SHARED_SCOPES;
    return scopes.flatMap((scope) => this.#byName.get(nameOf(scope, slot.client, stage)) ?? []);
  }

  /** All limits in force, for metrics. */
  list(): readonly { readonly scope: SharedScope; readonly ratePerMinute: number }[] {
    return [...this.#byName].map(([name, { ratePerMinute }]) => ({ scope: scopeOf(name), ratePerMinute }));
  }

  /** Another limit of an OAuth client, as Genesys reports it. */
  limitApplication(client: string, ceiling: number): void {
    const name = nameOf('application', client, 'token');
    if (!this.#byName.has(name)) this.#add({ name, ceiling, guessed: false });
  }

  /** Whether another process has found that the tokens of the client share a limit. Then they share it here as well. */
  async adopt(client: string): Promise<void> {
    const ceiling = await this.#options.store?.find(sharedTokensLimit(client));
    if (ceiling != null) this.#share(client, ceiling);
  }

  refused(by: RefusedBy): void {
    const { scope, slot, stage, retryAfterMs, sentAgoMs } = by;
    const known = this.#byName.get(nameOf(scope, slot.client, stage));
    const limit = known ?? (scope === 'client' ? this.#share(slot.client, this.#options.ratePerMinute) : this.#discover(by));
    // The tokens share the rate of one token. That rate is known, so it need not be halved.
    limit.refused({ retryAfterMs, sentAgoMs, halve: known !== undefined || scope !== 'client' });
  }

  #discover({ scope, slot, stage, limit, sentInLastMinute }: RefusedBy): SharedLimit {
    const ceiling = limit?.value ?? Math.max(LEAST_GUESS_PER_MINUTE, sentInLastMinute);
    const claim = { name: nameOf(scope, slot.client, stage), ceiling, guessed: limit?.value == null };
    this.#options.logger.warn(
      { scope, stage, ...claim },
      'Genesys has a limit that was not known: requests keep to it from now on',
    );
    return this.#add(claim);
  }

  #share(client: string, ceiling: number): SharedLimit {
    const name = sharedTokensLimit(client);
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    this.#options.logger.warn(
      { client, ratePerMinute: ceiling },
      'the tokens of an OAuth client share one limit: they share one budget from now on, and more tokens of it are of no use',
    );
    return this.#add({ name, ceiling, guessed: false });
  }

  #add(claim: LimitClaim): SharedLimit {
    const { store, clock } = this.#options;
    const observed = ({ rate }: LimitState) => {
      if (rate === 0) this.#byName.delete(claim.name);
    };
    const limit = new SharedLimit({ claim, store, clock, observed, changed: () => this.#changed() });
    this.#byName.set(claim.name, limit);
    return limit;
  }
}

const ORGANIZATION = 'organization';

/** The name under which the tokens of a client share a limit. */
export function sharedTokensLimit(client: string): string {
  return nameOf('client', client, 'token');
}

function nameOf(scope: SharedScope, client: string, stage: GenesysStage): string {
  if (scope === 'organization') return ORGANIZATION;
  return scope === 'route' ? `route:${stage}` : `${scope}:${client}`;
}

function scopeOf(name: string): SharedScope {
  return SHARED_SCOPES.find((scope) => name.startsWith(scope)) ?? ORGANIZATION;
}
