import type { Logger } from 'pino';
import type { GenesysConfig, OAuthClient } from '../config/config.ts';
import { AccessToken } from './access-token.ts';
import { httpError } from './answer-error.ts';
import { type Clock, systemClock } from './clock.ts';
import { openConnections } from './connections.ts';
import { classOfStatus } from './failure-class.ts';
import { findLimits } from './find-limits.ts';
import type { GenesysCallObserver, ObservableGenesysClient } from './genesys-client.ts';
import type { Lane } from './lane.ts';
import { createOrganisationCalls, type OrganisationCalls } from './organisation-calls.ts';
import type { LimitStore } from './pacing/limit-store.ts';
import { Pacer } from './pacing/pacer.ts';
import { RateBudget } from './pacing/rate-budget.ts';
import { SharedLimits } from './pacing/shared-limits.ts';
import { createPlatformCalls, type PlatformRequest } from './platform-calls.ts';
import { type Credentials, type Endpoint, type GenesysRequest, Sender, type Sent } from './sender.ts';
import { TokenPool } from './token-pool.ts';

const MOST_CONNECTIONS = 256;

export interface GenesysClientOptions {
  readonly config: GenesysConfig;
  readonly logger: Logger;
  /** The state that processes share; without it this process shares nothing. */
  readonly limitStore?: LimitStore;
  /** For tests. */
  readonly clock?: Clock;
}

export interface PlatformClient extends ObservableGenesysClient {
  /** Calls about the organisation, with the same token, pace and connections. */
  readonly organisation: OrganisationCalls;
  /**
   * Drops the requests that wait for their turn and aborts those under way, whose result is then unknown. These calls and later
   * ones fail with an `AbortError`: they were stopped, which is not a failure of Genesys.
   */
  close(): Promise<void>;
  /** Whether an access token was obtained that Genesys has not refused since; it may have expired while no call was made. */
  hasToken(): boolean;
  /** Makes sure that there is a token that has not expired: for readiness. @throws GenesysError */
  obtainToken(): Promise<void>;
  /** Reads the limits of the organisation from Genesys and keeps to them. Without the permission to read them it does nothing. */
  findLimits(): Promise<void>;
  /** Requests of a lane that could be sent at once right now. */
  rateBudget(lane: Lane): number;
  /**
   * The part of a minute's budget that the last minute did not use, from 0 to 1. Above one half there is plenty, and calls that
   * save time are worth their cost.
   */
  unusedBudget(): number;
  /** Something in this conversation must not wait: its fetch, if it waits for its turn, becomes an urgent one. */
  hasten(conversationId: string): void;
  /** Milliseconds until a conversation may be fetched again after a 429; 0 when nothing is paused. */
  pausedForMs(): number;
  /** Access tokens that may be used right now. */
  usableTokens(): number;
  /** Limits in force beyond those of single tokens. */
  sharedLimits(): ReturnType<SharedLimits['list']>;
}

/** The Platform API with the tokens, the pace and the connections of the process. */
export function createGenesysClient({ config, logger, limitStore, clock = systemClock }: GenesysClientOptions): PlatformClient {
  const closing = new AbortController();
  let closed: Promise<void> | null = null;
  const login = openConnections(config.loginUrl, { connections: 1, timeoutMs: config.timeoutMs });
  const api = openConnections(config.apiUrl, { connections: connectionsFor(config), timeoutMs: config.timeoutMs });
  const limits = new SharedLimits({ store: limitStore ?? null, clock, logger, ...config });
  const tokens = tokenPlan(config).map(({ client, initial }) => {
    const budget = new RateBudget(config.ratePerMinute, clock, initial);
    return new AccessToken({
      client,
      budget,
      clock,
      logger,
      request: (token) => sender.send(loginAs(client), TOKEN_REQUEST, { slot: token }),
    });
  });
  const pacer = new Pacer({ clock, slots: tokens, limits });
  const sender = new Sender({ config, pacer, limits, clock, logger, closing: closing.signal });
  const pool = new TokenPool({ tokens, clock, logger, obtained: () => pacer.review(), closing: closing.signal });
  const credentials: Credentials = { ready: (slot) => pool.ready(slot), header: (slot) => slot.header() };
  const endpoint: Endpoint = { baseUrl: config.apiUrl, dispatcher: api, credentials };

  function loginAs({ id, secret }: OAuthClient): Endpoint {
    const basic = `Basic ${Buffer.from(`${id}:${secret}`, 'utf8').toString('base64')}`;
    return { baseUrl: config.loginUrl, dispatcher: login, credentials: { ready: async () => {}, header: () => basic } };
  }

  const send = (request: PlatformRequest, observer?: GenesysCallObserver) => sendAuthorised(sender, endpoint, request, observer);
  const organisation = createOrganisationCalls(send);
  const callsFor = (observer?: GenesysCallObserver) => createPlatformCalls((request) => send(request, observer));

  return {
    ...callsFor(),
    organisation,
    withObserver: callsFor,
    hasToken: () => pool.wasObtained(),
    obtainToken: () => pool.ready(),
    findLimits: () => findLimits({ organisation, limits, clients: new Set(tokens.map(({ client }) => client)), config, logger }),
    rateBudget: (lane) => pacer.budget(lane),
    unusedBudget: () => pacer.unusedPart(),
    hasten: (conversationId) => pacer.hasten(conversationId),
    pausedForMs: () => pacer.pausedForMs({ lane: 'read', stage: 'get-conversation' }),
    usableTokens: () => pool.usable(),
    sharedLimits: () => limits.list(),
    close: () => {
      closing.abort();
      closed ??= Promise.all([api.destroy(), login.destroy()]).then(() => {});
      return closed;
    },
  };
}

const TOKEN_REQUEST: GenesysRequest = {
  stage: 'token',
  lane: 'token',
  method: 'POST',
  path: '/oauth/token',
  urlTemplate: '/oauth/token',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: 'grant_type=client_credentials',
  conversationId: null,
};

/**
 * The first token of each client, then the second of each, and so on: they are fetched in this order. All but the first start
 * without a burst, so that tokens that share a limit reach it slowly.
 */
function tokenPlan({ clients, tokensPerClient }: GenesysConfig): readonly { client: OAuthClient; initial: number | undefined }[] {
  const plan = Array.from({ length: tokensPerClient }, () => clients).flat();
  return plan.map((client, index) => ({ client, initial: index === 0 ? undefined : 1 }));
}

/**
 * Repeats a call once with a new token after a 401: a token can end before its time. A second 401 is returned like any other
 * status.
 */
async function sendAuthorised(
  sender: Sender,
  endpoint: Endpoint,
  request: PlatformRequest,
  observer?: GenesysCallObserver,
): Promise<Sent> {
  let sent = await sender.send(endpoint, request, { observer });
  if (classOfStatus(sent.answer.status) === 'unauthorised') {
    const { slot } = sent;
    slot.invalidate(sent.authorization);
    sent = await sender.send(endpoint, request, { observer, slot, resendCount: sent.resendCount + 1 });
    if (classOfStatus(sent.answer.status) === 'unauthorised') slot.invalidate(sent.authorization);
  }
  if (classOfStatus(sent.answer.status) === 'success') return sent;
  throw httpError(request.stage, sent.answer, [...request.confidential, sent.authorization.replace('Bearer ', '')]);
}

/**
 * As many connections as can be busy at the configured rate when every request takes the whole time limit. So a request whose
 * turn has come never waits for a connection. Waiting requests would gather and then leave faster than the pace.
 */
function connectionsFor({ ratePerMinute, clients, tokensPerClient, timeoutMs }: GenesysConfig): number {
  const perMinute = ratePerMinute * clients.length * tokensPerClient;
  const inFlight = Math.ceil((perMinute * Math.min(timeoutMs, 60_000)) / 60_000) + Math.ceil(perMinute / 20);
  return Math.max(1, Math.min(inFlight, MOST_CONNECTIONS));
}
