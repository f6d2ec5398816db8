import type { Clock } from '../clock.ts';
import type { NamedLimit } from '../error-body.ts';
import type { GenesysStage } from '../genesys-error.ts';
import type { Slot } from './slot.ts';

/**
 * The scope of a limit:
 * - `token`: one access token
 * - `client`: the tokens of one OAuth client share a limit that should apply to each token
 * - `application`: one OAuth client, in addition to the limits of its tokens
 * - `route`: one call of the API
 * - `organization`: everything
 */
export type LimitScope = 'token' | 'client' | 'application' | 'route' | 'organization';

/** The scope from the limit's name; `null` when Genesys did not name the limit. */
function scopeOfName(limit: NamedLimit | null): LimitScope | null {
  if (limit === null) return null;
  // Of the namespace platform.api: client.credentials.token.rate.per.minute, token.rate.per.minute, and
  // org.app.user.rate.per.minute, which counts an OAuth client of an organisation. A client-credentials client has no user.
  if (/\btoken\b/.test(limit.key)) return 'token';
  if (/^org\.app\./.test(limit.key)) return 'application';
  if (/^org(anization)?\b/.test(limit.key)) return 'organization';
  return 'route';
}

/** A request that Genesys refused with 429. */
export interface RefusedRequest {
  readonly slot: Slot;
  readonly stage: GenesysStage;
  readonly limit: NamedLimit | null;
  /** Milliseconds of the monotonic clock. */
  readonly sentAtMs: number;
}

interface Surprise extends RefusedRequest {
  readonly at: number;
}

/** 429s of several tokens within this time have one cause. */
const TOGETHER_MS = 10_000;
/** A second 429 of the same token within this time is not a coincidence. */
const AGAIN_MS = 120_000;
/** A token that used at least this part of its own rate reached its own limit. */
const NEARLY_ALL = 0.9;
/** This many 429s of one call, while other calls pass, are about that call. */
const SAME_ROUTE = 3;

/**
 * Finds the scope of a 429. Genesys may name the limit; otherwise the pattern of 429s shows it. A token that stays below its own
 * rate should never get a 429. So each such 429 is unexpected, and several within a short time have one cause.
 */
export class LimitJudge {
  readonly #clock: Clock;
  #surprises: Surprise[] = [];
  readonly #lastSuccess = new Map<GenesysStage, number>();
  /** The last decision on a scope beyond one token. */
  #verdict: { readonly scope: LimitScope; readonly client: string; readonly stage: GenesysStage; readonly at: number } | null =
    null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  succeeded(stage: GenesysStage, sentAtMs: number): void {
    this.#lastSuccess.set(stage, Math.max(sentAtMs, this.#lastSuccess.get(stage) ?? sentAtMs));
  }

  judge(refused: RefusedRequest): LimitScope {
    if (refused.stage === 'token') return 'route';
    const { slot, stage } = refused;
    const at = this.#clock.monotonicMs();
    const scope = scopeOfName(refused.limit) ?? this.#repeated(refused, at) ?? this.#unnamed({ ...refused, at });
    if (scope !== 'token') this.#verdict = { scope, client: slot.client, stage, at };
    return scope;
  }

  /** Requests that were under way when the cause was found, and the first ones after the pause, have the same cause. */
  #repeated({ slot, stage }: RefusedRequest, at: number): LimitScope | null {
    const last = this.#verdict;
    if (last === null || at - last.at > TOGETHER_MS) return null;
    if (last.scope === 'organization') return last.scope;
    if (last.scope !== 'route') return last.client === slot.client ? last.scope : null;
    return last.stage === stage ? last.scope : null;
  }

  #unnamed(surprise: Surprise): LimitScope {
    const { slot, at } = surprise;
    if (slot.budget.usedInLastMinute() >= NEARLY_ALL * slot.budget.ratePerMinute) return 'token';
    this.#surprises = [...this.#surprises.filter((each) => at - each.at <= AGAIN_MS), surprise];
    const scope = this.#cause(surprise);
    if (scope !== 'token') this.#surprises = [];
    return scope;
  }

  #cause({ slot, at }: Surprise): LimitScope {
    const together = this.#surprises.filter((each) => at - each.at <= TOGETHER_MS);
    const ofSlot = this.#surprises.filter((each) => each.slot === slot);
    for (const surprises of [together, ofSlot]) {
      // Two may be a coincidence: the token waits until a third one decides.
      if (this.#otherCallsPass(surprises)) return surprises.length >= SAME_ROUTE ? 'route' : 'token';
    }
    if (new Set(together.map((each) => each.slot.client)).size > 1) return 'organization';
    if (new Set(together.map((each) => each.slot)).size > 1) return 'client';
    // One token gets it again: other processes or programs use the same client.
    return ofSlot.length > 1 ? 'client' : 'token';
  }

  /** True if all refused requests (more than one) were of one call, and another call passed after the first of them. */
  #otherCallsPass(surprises: readonly Surprise[]): boolean {
    const [first, second] = surprises;
    if (first === undefined || second === undefined || surprises.some(({ stage }) => stage !== first.stage)) return false;
    return [...this.#lastSuccess].some(([stage, sentAtMs]) => stage !== first.stage && sentAtMs > first.sentAtMs);
  }
}
