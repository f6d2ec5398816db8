/** The configuration of the process; made from the environment by `environment.ts`. */
export interface Config {
  readonly role: 'receiver' | 'worker' | 'source' | 'all';
  readonly host: string;
  readonly port: number;
  /** `null`: health and metrics are on `port`. */
  readonly adminPort: number | null;
  readonly shutdownDrainSeconds: number;
  /** How many processes take deliveries on the same port. */
  readonly receiverProcesses: number;
  readonly redis: {
    /** One URL, or those of the nodes of a Redis Cluster; see `redis-url.ts`. */
    readonly urls: readonly string[];
    readonly prefix: string;
    /** PEM texts; `null` uses the defaults of Node. Used if the URL asks for TLS. */
    readonly tls?: { readonly ca: string | null; readonly cert: string | null; readonly key: string | null };
    readonly sentinel?: { readonly username: string | null; readonly password: string | null };
  };
  readonly rulesFile: string;
  /** `null` when the role has no receiver, or when nobody could send to it. */
  readonly webhook: WebhookConfig | null;
  /** `null` when the role calls nothing at Genesys. */
  readonly genesys: GenesysConfig | null;
  /** `null` when the role is no source, or the source is off. */
  readonly notifications: NotificationsConfig | null;
  readonly eventDedupSeconds: number;
  readonly workerConcurrency: number;
  readonly jobAttempts: number;
  readonly ruleUnknownGraceSeconds: number;
  /** How many dead letters are kept, and how long. */
  readonly deadLetters: { readonly maxCount: number; readonly maxAgeSeconds: number };
  /** How long the story of a conversation is kept; 0: stories are off. */
  readonly storyDays: number;
  /** Holds `{traceId}`; `null`: the admin page links to no traces. */
  readonly traceUrlTemplate: string | null;
  readonly adminToken: string | null;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  readonly logFormat: 'auto' | 'json' | 'pretty';
}

export interface WebhookConfig {
  /** Each at least 16 bytes. Empty only where there are API keys. */
  readonly secrets: readonly string[];
  readonly signatureHeader: string;
  readonly signedContent: 'body' | 'timestamp.body' | 'standard-webhooks';
  readonly toleranceSeconds: number;
  readonly apiKeys: readonly string[];
  readonly bodyLimitBytes: number;
}

/** What to subscribe to over the notification service: every queue, or a list of topics and queues (by name). */
export type NotificationsConfig =
  | { readonly kind: 'queues' }
  | { readonly kind: 'list'; readonly topics: readonly string[]; readonly queueNames: readonly string[] };

/** With the grant `client_credentials`. */
export interface OAuthClient {
  readonly id: string;
  readonly secret: string;
}

export interface GenesysConfig {
  /** Without a trailing slash. */
  readonly apiUrl: string;
  readonly loginUrl: string;
  /** Never empty. */
  readonly clients: readonly OAuthClient[];
  /** How many access tokens this process holds of each client. */
  readonly tokensPerClient: number;
  readonly timeoutMs: number;
  /** For each token. */
  readonly ratePerMinute: number;
  /** For all processes together; `null`: no such limit is configured. */
  readonly organizationRatePerMinute: number | null;
  /** Calls a month that the organisation's licences include; `null`: not known. */
  readonly fairUseCallsPerMonth: number | null;
  /** How long a write waits for proof that costs no call. */
  readonly confirmWithinMs: number;
  /** Whether attributes are planned on a snapshot that has just come. */
  readonly planFromSnapshots: boolean;
  readonly traceHeaders: boolean;
}
