import type { CallName } from './call-name.ts';
import type { ChannelRules } from './notification-channels.ts';
import type { SocketOptions } from './notification-sockets.ts';
import { QUEUES, type Queue } from './queue-directory.ts';
import type { SignatureStyle } from './sign-delivery.ts';
import type { TransferState } from './transfer-move.ts';

/** The destination and the form of events. */
export interface WebhookOptions {
  readonly url: string;
  /** Signs each delivery; without it deliveries are not signed. */
  readonly secret?: string;
  /** Sent as `X-Api-Key`, like senders that cannot sign. */
  readonly apiKey?: string;
  readonly signature?: SignatureStyle;
  /** Default `eventbridge`. */
  readonly envelope?: 'eventbridge' | 'notification';
  /** Whether `v2.users.{id}.conversations.calls` snapshots are sent in addition to the detail events. Default false. */
  readonly snapshots?: boolean;
  /** Whether events carry participant ids that the API does not know, as seen in the field. Default false. */
  readonly transientParticipantIds?: boolean;
}

/** How the notification service behaves; the defaults are Genesys's own figures. */
export type NotificationOptions = Omit<ChannelRules, 'permissions'> & SocketOptions;

/** In a sliding window. */
export interface RateLimit {
  readonly requests: number;
  readonly windowMs: number;
}

export interface SimulatorOptions {
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** `expires_in`. Default 86,400 s. */
  readonly tokenLifetimeSeconds?: number;
  /** How long after its 202 a write becomes visible to GET. Default 50 ms. */
  readonly writeVisibilityMs?: number;
  /** How long a new conversation returns 404. Default 0. */
  readonly conversationVisibilityMs?: number;
  /**
   * Genesys documents no versions (`none`, the default; `If-Match` is ignored). `version` puts the field into the resource,
   * `etag` the header on the response; then an outdated `If-Match` returns 412.
   */
  readonly concurrency?: 'none' | 'version' | 'etag';
  /** For each token. Default `null`: no limit. */
  readonly rateLimit?: RateLimit | null;
  /** For all tokens together, by call. Default: no limits. */
  readonly routeRateLimits?: Readonly<Partial<Record<CallName, RateLimit>>>;
  /** For all tokens and calls together. Default `null`: no limit. */
  readonly organizationRateLimit?: RateLimit | null;
  /** The delay of every response of the API. Default 0. */
  readonly latencyMs?: number;
  /** Default false: a connected agent can be wrapped up too. */
  readonly wrapupNeedsAfterCallWork?: boolean;
  /** The result of accepted transfers. Default `Complete`; with any other state nobody moves. */
  readonly transferState?: TransferState;
  /** Where the organisation keeps wrap-up codes. Default `participant`. */
  readonly wrapupLevel?: 'participant' | 'communication';
  /**
   * How much faster than in reality placed calls are played: with 1 a call of three minutes lasts three minutes. Default `null`:
   * without any wait. The durations in events are those of reality in both cases.
   */
  readonly speed?: number | null;
  /** All queues of the organisation. Default: Support, Escalations, Sales. */
  readonly queues?: readonly Queue[];
  /** The permissions of the OAuth client. Default `null`: it may do everything. */
  readonly permissions?: readonly string[] | null;
  /** Of the namespace `platform.api`, by key. */
  readonly limits?: Readonly<Record<string, number>>;
  readonly notifications?: Partial<NotificationOptions>;
  /** Default `null`: no events. */
  readonly webhook?: WebhookOptions | null;
  /** Whether writes of API clients raise `.attributes` and `.wrapup` events too. Default false. */
  readonly emitEvents?: boolean;
  /** Newest requests kept. Default 500,000. */
  readonly journalLimit?: number;
  /** Keeps all request headers in the journal. Default false: they cost memory. */
  readonly recordRawHeaders?: boolean;
  /** The seed of the generator for faults with a probability. Default 1. */
  readonly seed?: number;
}

export type ResolvedOptions = Required<Omit<SimulatorOptions, 'notifications'>> & {
  readonly notifications: NotificationOptions;
};

const NOTIFICATIONS: NotificationOptions = {
  maxChannels: 20,
  maxTopics: 1_000,
  lifetimeMs: 86_400_000,
  heartbeatMs: 30_000,
  closingNoticeMs: 60_000,
  now: Date.now,
};

export function resolveOptions(options: SimulatorOptions): ResolvedOptions {
  return {
    host: '127.0.0.1',
    port: 0,
    clientId: 'simulator-client',
    clientSecret: 'simulator-secret',
    tokenLifetimeSeconds: 86_400,
    writeVisibilityMs: 50,
    conversationVisibilityMs: 0,
    concurrency: 'none',
    rateLimit: null,
    routeRateLimits: {},
    organizationRateLimit: null,
    latencyMs: 0,
    wrapupNeedsAfterCallWork: false,
    transferState: 'Complete',
    wrapupLevel: 'participant',
    speed: null,
    queues: Object.values(QUEUES),
    permissions: null,
    limits: {},
    webhook: null,
    emitEvents: false,
    journalLimit: 500_000,
    recordRawHeaders: false,
    seed: 1,
    ...options,
    notifications: { ...NOTIFICATIONS, ...options.notifications },
  };
}
