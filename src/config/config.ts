/** What the process runs with; made from the environment by `environment.ts`. */
export interface Config {
  readonly role: 'receiver' | 'worker' | 'all';
  readonly host: string;
  readonly port: number;
  readonly redis: {
    /** One URL, or the nodes of a Redis Cluster. */
    readonly urls: readonly string[];
    readonly prefix: string;
  };
  readonly rulesFile: string;
  /** `null` when the role has no receiver. */
  readonly webhook: WebhookConfig | null;
  /** `null` when the role has no worker. */
  readonly genesys: GenesysConfig | null;
  readonly eventDedupSeconds: number;
  readonly workerConcurrency: number;
  readonly jobAttempts: number;
  /** How many dead letters are kept, and how long. */
  readonly deadLetters: { readonly maxCount: number; readonly maxAgeSeconds: number };
  readonly adminToken: string | null;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  readonly logFormat: 'auto' | 'json' | 'pretty';
}

export interface WebhookConfig {
  /** Never empty, each at least 16 bytes. */
  readonly secrets: readonly string[];
  readonly signatureHeader: string;
  readonly signedContent: 'body' | 'timestamp.body';
  readonly toleranceSeconds: number;
  readonly apiKeys: readonly string[];
  readonly bodyLimitBytes: number;
}

export interface GenesysConfig {
  /** Without a trailing slash. */
  readonly apiUrl: string;
  readonly loginUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly timeoutMs: number;
  readonly ratePerMinute: number;
  readonly traceHeaders: boolean;
}
