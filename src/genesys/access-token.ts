import { hash } from 'node:crypto';
import type { Logger } from 'pino';
import * as z from 'zod';
import type { OAuthClient } from '../config/config.ts';
import { recordTokenRefresh } from '../telemetry/metrics.ts';
import { httpError, invalidResponse } from './answer-error.ts';
import type { Clock } from './clock.ts';
import { classOfStatus } from './failure-class.ts';
import { type HttpAnswer, parseJson } from './http.ts';
import type { RateBudget } from './pacing/rate-budget.ts';
import type { Slot } from './pacing/slot.ts';
import type { Sent } from './sender.ts';

/** A token is replaced when a tenth of its life is left, but not more than a minute before its end. */
const EARLY_FRACTION = 0.1;
const EARLIEST_MS = 60_000;
/** A replacement that failed is tried again after a quarter of that margin. */
const RETRY_FRACTION = 0.25;

/** The shortest lifetime that Genesys gives; used when the response has none. */
const ASSUMED_LIFE_SECONDS = 300;

const tokenResponse = z.object({
  access_token: z.string().regex(/^[\x21-\x7e]+$/),
  token_type: z
    .string()
    .regex(/^bearer$/i)
    .optional(),
  // Optional in RFC 6749, and a string if a proxy converted it.
  expires_in: z.coerce.number().positive().catch(ASSUMED_LIFE_SECONDS),
});

interface Token {
  readonly authorization: string;
  /** All in the clock's monotonic milliseconds. */
  readonly expiresAt: number;
  readonly retryEarlyAfterMs: number;
  refreshAt: number;
}

export interface AccessTokenOptions {
  readonly client: OAuthClient;
  readonly budget: RateBudget;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Requests a token when `token` has its turn. @throws GenesysError */
  request(token: Slot): Promise<Sent>;
}

/**
 * One access token (OAuth 2.0 client credentials, RFC 6749 section 4.4) with its budget. The token is fetched when it is first
 * needed, by one request however many callers wait for it. It is replaced in the background before it expires, while calls go on
 * with the old one.
 */
export class AccessToken implements Slot {
  readonly client: string;
  readonly budget: RateBudget;
  readonly #options: AccessTokenOptions;
  #token: Token | null = null;
  #refreshing: Promise<void> | null = null;

  constructor(options: AccessTokenOptions) {
    this.#options = options;
    this.client = clientDigest(options.client);
    this.budget = options.budget;
  }

  isUsable(): boolean {
    return this.header() !== null;
  }

  async ready(): Promise<void> {
    const now = this.#options.clock.monotonicMs();
    const token = this.#token;
    if (token === null || now >= token.expiresAt) return this.#refresh();
    if (now >= token.refreshAt) this.#refreshEarly(token, now);
  }

  header(): string | null {
    return this.#token !== null && this.#options.clock.monotonicMs() < this.#token.expiresAt ? this.#token.authorization : null;
  }

  /** True once a token was obtained and not rejected since, even if it has expired: it is renewed on demand. */
  wasObtained(): boolean {
    return this.#token !== null;
  }

  invalidate(authorization: string): void {
    if (this.#token?.authorization === authorization) this.#token = null;
  }

  #refresh(): Promise<void> {
    this.#refreshing ??= this.#fetch().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  #refreshEarly(token: Token, now: number): void {
    token.refreshAt = now + token.retryEarlyAfterMs;
    this.#refresh().catch((error) => {
      this.#options.logger.warn({ err: error }, 'no new access token yet; going on with the old one until it expires');
    });
  }

  async #fetch(): Promise<void> {
    const { client } = this.#options;
    recordTokenRefresh();
    const { answer, sentAtMs } = await this.#options.request(this);
    if (classOfStatus(answer.status) !== 'success') throw httpError('token', answer, [client.secret, client.id]);
    this.#token = tokenOf(answer, sentAtMs);
  }
}

/** Names a client in logs and in Redis, without its id. */
/** Names an OAuth client where its id is not to be shown. */
export function clientDigest({ id }: Pick<OAuthClient, 'id'>): string {
  return hash('sha256', id, 'hex').slice(0, 12);
}

/** The lifetime is counted from the request, so that it never seems longer than it is. */
function tokenOf(answer: HttpAnswer, sentAtMs: number): Token {
  const parsed = tokenResponse.safeParse(parseJson(answer.text));
  if (!parsed.success) throw invalidResponse('token', answer, 'a bearer token with access_token');
  const lifeMs = parsed.data.expires_in * 1000;
  const earlyMs = Math.min(EARLIEST_MS, lifeMs * EARLY_FRACTION);
  return {
    authorization: `Bearer ${parsed.data.access_token}`,
    expiresAt: sentAtMs + lifeMs,
    refreshAt: sentAtMs + lifeMs - earlyMs,
    retryEarlyAfterMs: earlyMs * RETRY_FRACTION,
  };
}
