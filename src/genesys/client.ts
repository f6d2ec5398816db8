import type { Logger } from 'pino';
import { Pool } from 'undici';
import type { GenesysConfig } from '../config/config.ts';
import { AccessToken } from './access-token.ts';
import { httpError } from './answer-error.ts';
import { type Clock, systemClock } from './clock.ts';
import { classOfStatus } from './failure-class.ts';
import type { GenesysCallObserver, ObservableGenesysClient } from './genesys-client.ts';
import { createOrganisationCalls, type OrganisationCalls } from './organisation-calls.ts';
import { Pacer } from './pacer.ts';
import { createPlatformCalls, type PlatformRequest } from './platform-calls.ts';
import { type Endpoint, Sender, type Sent } from './sender.ts';

/** Far below the idle limits of load balancers (60 s at AWS), so that a write rarely meets a connection that is being closed. */
const KEEP_ALIVE_MS = 10_000;
const MOST_CONNECTIONS = 256;

export interface GenesysClientOptions {
  readonly config: GenesysConfig;
  readonly logger: Logger;
  /** For tests. */
  readonly clock?: Clock;
}

export interface PlatformClient extends ObservableGenesysClient {
  /** What is asked about the organisation, with the same token, pace and connections. */
  readonly organisation: OrganisationCalls;
  /**
   * Gives up the requests that wait for their turn, and breaks off those that are under way: what came of them is not known.
   * These calls, and later ones, fail with an `AbortError`: they were told to stop, and that is no failure of Genesys.
   */
  close(): Promise<void>;
  /** Whether an access token was obtained that Genesys has not refused since; it may have expired in a quiet time. */
  hasToken(): boolean;
  /** Makes sure that there is one that has not expired: for readiness. @throws GenesysError */
  obtainToken(): Promise<void>;
  /** Requests that could be sent at once right now. */
  rateBudget(): number;
}

/** The Platform API with one token, one pace and one set of connections for the process. */
export function createGenesysClient({ config, logger, clock = systemClock }: GenesysClientOptions): PlatformClient {
  const closing = new AbortController();
  let closed: Promise<void> | null = null;
  const pacer = new Pacer(config.ratePerMinute, clock);
  const sender = new Sender({ config, pacer, clock, logger, closing: closing.signal });
  const login = createPool(config.loginUrl, config, 1);
  const api = createPool(config.apiUrl, config, connectionsFor(config));
  const token = new AccessToken({ config, sender, dispatcher: login, clock, logger });
  const endpoint: Endpoint = { baseUrl: config.apiUrl, dispatcher: api, credentials: token };

  const callsFor = (observer?: GenesysCallObserver) =>
    createPlatformCalls((request) => sendAuthorised({ sender, endpoint, token }, request, observer));

  return {
    ...callsFor(),
    organisation: createOrganisationCalls((request) => sendAuthorised({ sender, endpoint, token }, request)),
    withObserver: callsFor,
    hasToken: () => token.wasObtained(),
    obtainToken: () => token.ready(),
    rateBudget: () => pacer.budget(),
    close: () => {
      closing.abort();
      closed ??= Promise.all([api.destroy(), login.destroy()]).then(() => {});
      return closed;
    },
  };
}

interface Authorised {
  readonly sender: Sender;
  readonly endpoint: Endpoint;
  readonly token: AccessToken;
}

/** After a 401 once more with a new token: a token can end before its time. A second 401 is an answer like any other. */
async function sendAuthorised(
  { sender, endpoint, token }: Authorised,
  request: PlatformRequest,
  observer?: GenesysCallObserver,
): Promise<Sent> {
  let sent = await sender.send(endpoint, request, observer);
  if (classOfStatus(sent.answer.status) === 'unauthorised') {
    token.invalidate(sent.authorization);
    sent = await sender.send(endpoint, request, observer, sent.resendCount + 1);
    if (classOfStatus(sent.answer.status) === 'unauthorised') token.invalidate(sent.authorization);
  }
  if (classOfStatus(sent.answer.status) === 'success') return sent;
  throw httpError(request.stage, sent.answer, [...request.confidential, sent.authorization.replace('Bearer ', '')]);
}

/** HTTP/1.1 with one request at a time on a connection: a lost connection then leaves exactly one request in doubt. */
function createPool(url: string, { timeoutMs }: GenesysConfig, connections: number): Pool {
  return new Pool(new URL(url).origin, {
    connections,
    allowH2: false,
    pipelining: 1,
    connectTimeout: timeoutMs,
    // The time limit of a request covers these.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
  });
}

/**
 * As many as can be busy at the configured rate when every request takes the whole time limit: a request whose turn has come
 * never waits for a connection, where requests would gather and then leave faster than the pace.
 */
function connectionsFor({ ratePerMinute, timeoutMs }: GenesysConfig): number {
  const inFlight = Math.ceil((ratePerMinute * Math.min(timeoutMs, 60_000)) / 60_000) + Math.ceil(ratePerMinute / 20);
  return Math.max(1, Math.min(inFlight, MOST_CONNECTIONS));
}
