import { z } from 'zod';
import type { NotificationsConfig } from './config.ts';
import { findGenesysDomain, GENESYS_REGION_LIST } from './genesys-regions.ts';
import { parseRedisUrl } from './redis-url.ts';

/** The texts on a variable for the reference page, `.env.example` and the messages. */
export interface SettingDocs {
  readonly group: 'Process' | 'Redis' | 'Webhook' | 'Genesys Cloud' | 'Work' | 'Administration and logs';
  readonly description: string;
  /** Completes "expected ...". */
  readonly expected: string;
  /** As written in the environment. `null`: there is none. */
  readonly default: string | null;
  /** Which roles refuse to start without it. `null`: none. */
  readonly requiredBy: 'every role' | 'a receiver without API keys' | 'worker, source' | null;
  /**
   * Which part of the value may be shown: its `value`, or the `url` without its credentials. A setting without this field is a
   * secret: it is masked wherever it is printed. A value that may hold a secret, including a `url`, may come from the file that
   * `NAME_FILE` names.
   */
  readonly public?: 'value' | 'url';
  /** For `.env.example`, where a required variable needs a value that explains itself. */
  readonly example?: string;
}

/** The documentation of each schema below. */
const settingDocs = z.registry<SettingDocs>();

type Docs = Omit<SettingDocs, 'default' | 'requiredBy'>;

function withDefault<S extends z.ZodType<unknown, string>>(schema: S, text: string, docs: Docs) {
  const filled = schema.prefault(text as z.input<S>);
  settingDocs.add(filled, { ...docs, default: text, requiredBy: null });
  return filled;
}

function withoutDefault<S extends z.ZodType<unknown, string>>(schema: S, requiredBy: SettingDocs['requiredBy'], docs: Docs) {
  const optional = schema.optional();
  settingDocs.add(optional, { ...docs, default: null, requiredBy });
  return optional;
}

function integer(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .pipe(z.number().int().min(min).max(max));
}

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

const commaSeparated = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(z.array(z.string().min(1)).min(1));

const pem = z.string().regex(/^-----BEGIN [A-Z ]+-----\n[\s\S]*-----END [A-Z ]+-----\s*$/);

/** The secret in `.env.example` and the docs. It is public, because everyone can read it there. */
const PLACEHOLDER = /^change-?me/i;

const keys = commaSeparated.refine((all) => !all.some((key) => PLACEHOLDER.test(key)));

const strongSecrets = keys.refine((secrets) => secrets.every((secret) => Buffer.byteLength(secret) >= 16));

const secretText = z.string().refine((text) => text.trim() !== '' && !PLACEHOLDER.test(text));

const baseUrl = z
  .string()
  .refine((text) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (url === null || url.username + url.password + url.search + url.hash !== '') return false;
    return url.protocol === 'https:' || url.protocol === 'http:';
  })
  .transform((text) => text.replace(/\/+$/, ''));

/** Several URLs are the nodes of a Redis Cluster. One URL is one Redis, or Sentinels with the name of the primary. */
const redisUrls = z
  .string()
  .refine((text) => parseRedisUrl(text) !== null)
  .transform((text) => (parseRedisUrl(text)?.kind === 'sentinel' ? [text] : text.split(',').map((part) => part.trim())));

/** A topic of the notification service, with real ids: the service has no wildcards. */
const NOTIFICATION_TOPIC = /^v2\.[\w.?&:-]{1,197}$/;

const notifications = z.string().transform((text, context): NotificationsConfig | null => {
  if (text === 'off') return null;
  if (text === 'queues') return { kind: 'queues' };
  const items = text.split(',').map((item) => item.trim());
  const topics = items.filter((item) => item.startsWith('v2.'));
  const queueNames = items.filter((item) => !item.startsWith('v2.'));
  if (queueNames.includes('') || !topics.every((topic) => NOTIFICATION_TOPIC.test(topic))) context.addIssue({ code: 'custom' });
  return { kind: 'list', topics, queueNames };
});

const genesysDomain = z.string().transform((text, context) => {
  const domain = findGenesysDomain(text);
  if (domain === null) context.addIssue({ code: 'custom' });
  return domain ?? '';
});

/** Calls of the Platform API a month that are free for each named user of a licence; more are billed. */
const FAIR_USE_CALLS: Readonly<Record<string, number>> = { CX1: 75_000, CX2: 110_000, CX3: 140_000 };

/** The calls a month that all users may make together. */
const namedUsers = z
  .string()
  .regex(/^(\d{1,7}|CX[123]:\d{1,7}(\s*,\s*CX[123]:\d{1,7})*)$/)
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim().split(':'))
      .map(([first, users]) => (users === undefined ? ['CX1', first] : [first, users]))
      .reduce((calls, [licence, users]) => calls + (FAIR_USE_CALLS[licence ?? ''] ?? 0) * Number(users), 0),
  );

/** Every variable: its type, default, unit, documentation and validation. The only place for all five. */
export const environmentSchema = z.object({
  ROLE: withDefault(z.enum(['receiver', 'worker', 'source', 'all']), 'all', {
    group: 'Process',
    description:
      'What this process does: take deliveries, work on conversations, fetch events over the notification service, or all that is configured.',
    expected: '"receiver", "worker", "source" or "all"',
    public: 'value',
  }),
  HOST: withDefault(z.string().regex(/^\S+$/), '0.0.0.0', {
    group: 'Process',
    description: "The address that the receiver, and every role's health and metrics, listen on.",
    expected: 'an address or host name',
    public: 'value',
  }),
  PORT: withDefault(integer(0, 65_535), '8080', {
    group: 'Process',
    description: "The port that the receiver, and every role's health and metrics, listen on. `0` takes a free one.",
    expected: 'a port from 0 to 65535',
    public: 'value',
  }),
  ADMIN_PORT: withoutDefault(integer(0, 65_535), null, {
    group: 'Process',
    description:
      'The port that `/admin`, `/metrics` and `/readyz` listen on instead of `PORT`, so that the public one has none of them.',
    expected: 'a port from 0 to 65535',
    public: 'value',
  }),
  SHUTDOWN_DRAIN_SECONDS: withDefault(integer(0, 300), '5', {
    group: 'Process',
    description:
      'How many seconds a receiver still takes deliveries after SIGTERM, not ready, until load balancers send no more. Not set, it is ' +
      '0 on a terminal. Whatever kills the process must wait 43 seconds and these.',
    expected: 'seconds from 0 to 300',
    public: 'value',
  }),
  REDIS_URL: withoutDefault(redisUrls, 'every role', {
    group: 'Redis',
    description:
      'Where Redis is. A comma-separated list of nodes is a Redis Cluster; `redis+sentinel://host:port,host:port/NAME` is the primary ' +
      'that Sentinels know by that name; `rediss` instead of `redis` uses TLS. In a password, `@ : / % ,` are percent-encoded. ' +
      'All set-ups: [redis.md](redis.md).',
    expected:
      'redis://host:port[/database], a comma-separated list of the nodes of a Redis Cluster (database 0 only), or ' +
      'redis+sentinel://host:port,host:port/NAME; rediss for TLS; no parameters, and % written as %25',
    public: 'url',
    example: 'redis://localhost:6379',
  }),
  REDIS_CA: withoutDefault(pem, null, {
    group: 'Redis',
    description: "Certificates (PEM) of the authorities that Redis's certificate may come from, instead of the public ones.",
    expected: 'PEM text',
  }),
  REDIS_CERT: withoutDefault(pem, null, {
    group: 'Redis',
    description: 'The certificate (PEM) that hookpatch shows to a Redis that asks for one (`tls-auth-clients yes`).',
    expected: 'PEM text',
  }),
  REDIS_KEY: withoutDefault(pem, null, {
    group: 'Redis',
    description: 'The private key (PEM) of `REDIS_CERT`.',
    expected: 'PEM text',
  }),
  REDIS_SENTINEL_USERNAME: withoutDefault(z.string().min(1), null, {
    group: 'Redis',
    description: 'The user of the Sentinels, where they have one of their own. The user of the primary is in `REDIS_URL`.',
    expected: 'a user name',
    public: 'value',
  }),
  REDIS_SENTINEL_PASSWORD: withoutDefault(z.string().min(1), null, {
    group: 'Redis',
    description: 'The password of the Sentinels, where they have one.',
    expected: 'a password',
  }),
  REDIS_PREFIX: withDefault(z.string().regex(/^[^{}\s]*\{[^{}\s]+\}[^{}\s]*$/), '{hookpatch}', {
    group: 'Redis',
    description: 'Prefix and hash tag of every key. The hash tag keeps all keys on one node of a Redis Cluster.',
    expected: 'a prefix that holds exactly one hash tag that is not empty, such as {hookpatch}',
    public: 'value',
  }),
  RULES_FILE: withDefault(z.string().min(1), './rules.yaml', {
    group: 'Work',
    description:
      'The rules. Read at start, and again on `SIGHUP`. `none` is for a service that only takes commands: it has no rules file.',
    expected: 'the path of a YAML file, or none',
    public: 'value',
  }),
  WEBHOOK_SECRETS: withoutDefault(strongSecrets, 'a receiver without API keys', {
    group: 'Webhook',
    description:
      'Secrets that deliveries are signed with, comma-separated. Any of them verifies, so secrets rotate without downtime. ' +
      'Spaces around a comma are not part of a secret. With `standard-webhooks` each is `whsec_` and base64. Not needed by `ROLE=all` when `GENESYS_NOTIFICATIONS` is on: without secrets and ' +
      'without API keys such a process takes no deliveries.',
    expected:
      'comma-separated secrets of at least 16 bytes each, none of them a placeholder; `openssl rand -base64 32` makes one',
    example: 'change-me-to-a-long-random-secret',
  }),
  WEBHOOK_SIGNATURE_HEADER: withDefault(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/), 'X-Genesys-Signature', {
    group: 'Webhook',
    description: 'The header that carries the signature. `X-Hub-Signature-256` is always accepted in addition.',
    expected: 'the name of an HTTP header',
    public: 'value',
  }),
  WEBHOOK_SIGNED_CONTENT: withDefault(z.enum(['body', 'timestamp.body', 'standard-webhooks']), 'body', {
    group: 'Webhook',
    description:
      'What is signed: the raw body; the timestamp from `X-Genesys-Timestamp`, a dot and the raw body; or `webhook-id`, ' +
      '`webhook-timestamp` and the raw body with dots between them, in `webhook-signature`, as Standard Webhooks does.',
    expected: '"body", "timestamp.body" or "standard-webhooks"',
    public: 'value',
  }),
  WEBHOOK_TOLERANCE_SECONDS: withDefault(integer(1, 86_400), '300', {
    group: 'Webhook',
    description: 'How many seconds the timestamp of a delivery may be off, either way.',
    expected: 'seconds from 1 to 86400',
    public: 'value',
  }),
  WEBHOOK_API_KEYS: withoutDefault(keys, null, {
    group: 'Webhook',
    description:
      'Keys for senders that cannot sign (EventBridge API destinations, data actions), comma-separated; sent as `X-Api-Key`. ' +
      'Without it no key is accepted.',
    expected: 'comma-separated keys, none of them empty or a placeholder',
  }),
  WEBHOOK_BODY_LIMIT_BYTES: withDefault(integer(1024, 67_108_864), '262144', {
    group: 'Webhook',
    description:
      'The largest body in bytes; a larger one gets 413. The default is the largest event of EventBridge. All bodies together may hold ' +
      'a sixteenth of the memory of the process, or two of the largest.',
    expected: 'bytes from 1024 to 67108864',
    public: 'value',
  }),
  EVENT_DEDUP_SECONDS: withDefault(integer(1, 31_536_000), '86400', {
    group: 'Work',
    description: 'How many seconds an idempotency key is remembered.',
    expected: 'seconds from 1 to 31536000',
    public: 'value',
  }),
  GENESYS_REGION: withoutDefault(genesysDomain, 'worker, source', {
    group: 'Genesys Cloud',
    description: 'The region, by AWS name or by domain. Not needed when `GENESYS_API_URL` and `GENESYS_LOGIN_URL` are both set.',
    expected: `one of ${GENESYS_REGION_LIST}`,
    public: 'value',
    example: 'us-east-1',
  }),
  GENESYS_API_URL: withoutDefault(baseUrl, null, {
    group: 'Genesys Cloud',
    description: 'Base of the Platform API instead of the one of the region; for tests and proxies.',
    expected: 'an https:// URL without credentials or query; http:// to this machine only',
    public: 'url',
  }),
  GENESYS_LOGIN_URL: withoutDefault(baseUrl, null, {
    group: 'Genesys Cloud',
    description: 'Base of the login service instead of the one of the region; for tests and proxies.',
    expected: 'an https:// URL without credentials or query; http:// to this machine only',
    public: 'url',
  }),
  GENESYS_PLAIN_HTTP: withDefault(flag, 'false', {
    group: 'Genesys Cloud',
    description:
      'Whether the two URLs above may be `http://` to another machine, where everybody on the way reads the client secret. ' +
      'For a simulator in a container, and for nothing else.',
    expected: '"true" or "false"',
    public: 'value',
  }),
  GENESYS_CLIENT_ID: withoutDefault(commaSeparated, 'worker, source', {
    group: 'Genesys Cloud',
    description: 'Id of the OAuth client (client-credentials grant). Comma-separated ids are several clients.',
    expected: 'the id of an OAuth client, or comma-separated ids',
    example: '00000000-0000-0000-0000-000000000000',
  }),
  GENESYS_CLIENT_SECRET: withoutDefault(keys, 'worker, source', {
    group: 'Genesys Cloud',
    description: 'Secret of the OAuth client. With several clients their secrets, in the order of the ids.',
    expected: 'the secret of the OAuth client, or as many comma-separated secrets as GENESYS_CLIENT_ID has ids; no placeholder',
    example: 'change-me',
  }),
  GENESYS_TOKENS: withDefault(integer(1, 50), '1', {
    group: 'Genesys Cloud',
    description:
      'Access tokens that this process holds of each client. Genesys limits each token, so more tokens are more requests a minute.',
    expected: 'tokens from 1 to 50',
    public: 'value',
  }),
  GENESYS_NOTIFICATIONS: withDefault(notifications, 'off', {
    group: 'Genesys Cloud',
    description:
      'Events that hookpatch fetches itself over the notification service, which needs the OAuth client only: `off`; `queues`, the ' +
      'conversations of every queue that the client may see; or a comma-separated list of queue names and topics. One process of all with ' +
      '`ROLE` `source` or `all` does it.',
    expected:
      '"off", "queues", or a comma-separated list of queue names and of topics with real ids (v2.users.7a1c....conversations)',
    public: 'value',
  }),
  GENESYS_TIMEOUT_MS: withDefault(integer(100, 120_000), '10000', {
    group: 'Genesys Cloud',
    description: 'How many milliseconds one API call may take.',
    expected: 'milliseconds from 100 to 120000',
    public: 'value',
  }),
  GENESYS_RATE_PER_MINUTE: withDefault(integer(1, 1_000_000), '300', {
    group: 'Genesys Cloud',
    description:
      'Requests a minute for each token: our own pacing, because Genesys no longer sends its counters. Genesys allows 300.',
    expected: 'requests a minute from 1 to 1000000',
    public: 'value',
  }),
  GENESYS_ORG_RATE_PER_MINUTE: withoutDefault(integer(1, 1_000_000), null, {
    group: 'Genesys Cloud',
    description:
      'Requests a minute that all processes with the same Redis may send together. Without it only the limits of tokens count.',
    expected: 'requests a minute from 1 to 1000000',
    public: 'value',
  }),
  CONFIRM_WITHIN_SECONDS: withDefault(integer(0, 60), '10', {
    group: 'Genesys Cloud',
    description:
      'How long a write waits for proof that costs no call, such as the event that it raises, before it is read back. While more than half of the budget is unused, it is read back at once. `0`: always at once.',
    expected: 'seconds from 0 to 60',
    public: 'value',
  }),
  GENESYS_PLAN_FROM_SNAPSHOTS: withDefault(flag, 'true', {
    group: 'Genesys Cloud',
    description:
      'Whether a snapshot that came over the own notification channel less than a second ago serves attributes as the fetch. Wrap-ups and transfers always fetch.',
    expected: 'true or false',
    public: 'value',
  }),
  GENESYS_NAMED_USERS: withoutDefault(namedUsers, null, {
    group: 'Genesys Cloud',
    description:
      'Named users of the organisation by licence, such as `CX1:200,CX2:50`; a bare number counts as CX1. The calls of a month are shown against the fair use that they allow.',
    expected: 'a number of users, or licences with their users such as CX1:200,CX3:10',
    public: 'value',
  }),
  GENESYS_TRACE_HEADERS: withDefault(flag, 'false', {
    group: 'Genesys Cloud',
    description:
      'Whether `traceparent` and `tracestate` go out to Genesys: off, because a call that carries them can be refused.',
    expected: '"true" or "false"',
    public: 'value',
  }),
  RECEIVER_PROCESSES: withDefault(integer(1, 64), '1', {
    group: 'Webhook',
    description:
      'Processes that take deliveries on the same port, for a machine with several cores; each has its own connection to Redis. Needs `ROLE=receiver`. In Kubernetes more pods do the same.',
    expected: 'processes from 1 to 64',
    public: 'value',
  }),
  WORKER_CONCURRENCY: withDefault(integer(1, 10_000), '50', {
    group: 'Work',
    description:
      'Conversations at work at once in one process. One that waits for Genesys to show a write does not count, so a process holds up to 3 times as many jobs.',
    expected: 'conversations from 1 to 10000',
    public: 'value',
  }),
  JOB_ATTEMPTS: withDefault(integer(1, 1000), '8', {
    group: 'Work',
    description: 'Tries at a transient failure of an event before the dead letter.',
    expected: 'tries from 1 to 1000',
    public: 'value',
  }),
  RULE_UNKNOWN_GRACE_SECONDS: withDefault(integer(0, 86_400), '900', {
    group: 'Work',
    description:
      'How long an event waits, and with it the later events of its conversation, for a worker that knows its rule, before it is a ' +
      'dead letter. Longer than a rollout of a new rules file takes.',
    expected: 'seconds from 0 to 86400',
    public: 'value',
  }),
  DEAD_LETTER_MAX_AGE_DAYS: withDefault(integer(1, 365), '14', {
    group: 'Work',
    description: 'How many days a dead letter is kept. Then it is removed, with a line in the log.',
    expected: 'days from 1 to 365',
    public: 'value',
  }),
  DEAD_LETTER_MAX_COUNT: withDefault(integer(1, 1_000_000), '10000', {
    group: 'Work',
    description: 'How many dead letters are kept; the oldest make room for new ones.',
    expected: 'dead letters from 1 to 1000000',
    public: 'value',
  }),
  ADMIN_TOKEN: withoutDefault(secretText, null, {
    group: 'Administration and logs',
    description:
      'Token for `/admin`: as a bearer token, or as the password that a browser asks for (any user name). Without it `/admin` does not exist.',
    expected: 'a token, neither blank nor a placeholder',
  }),
  STORY_DAYS: withDefault(integer(0, 30), '3', {
    group: 'Administration and logs',
    description: 'How long the story of a conversation is kept after its last event, in days. `0` keeps none.',
    expected: 'a whole number from 0 to 30',
    public: 'value',
  }),
  TRACE_URL_TEMPLATE: withoutDefault(z.string().regex(/^https?:\/\/\S*\{traceId\}\S*$/), null, {
    group: 'Administration and logs',
    description:
      'Where a trace can be looked at: the admin page links to it. `{traceId}` stands for the 32 hex digits of its id.',
    expected: 'an http or https URL that holds {traceId}, such as http://localhost:16686/trace/{traceId}',
    public: 'value',
  }),
  LOG_LEVEL: withDefault(z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']), 'info', {
    group: 'Administration and logs',
    description: 'The least severe level that is logged.',
    expected: '"fatal", "error", "warn", "info", "debug", "trace" or "silent"',
    public: 'value',
  }),
  LOG_FORMAT: withDefault(z.enum(['auto', 'json', 'pretty']), 'auto', {
    group: 'Administration and logs',
    description: '`json` is one object a line. `pretty` is for people. `auto` is `pretty` on a terminal, else `json`.',
    expected: '"auto", "json" or "pretty"',
    public: 'value',
  }),
});

export type Environment = z.output<typeof environmentSchema>;
export type VariableName = keyof Environment;

export const VARIABLE_NAMES = Object.keys(environmentSchema.shape) as VariableName[];

/** Whether its value is masked wherever it is printed. */
export function isSecret(name: VariableName): boolean {
  return docsOf(name).public === undefined;
}

/** Whether `NAME_FILE` is read too. */
export function mayComeFromFile(name: VariableName): boolean {
  return docsOf(name).public !== 'value';
}

/** @throws Error when a variable has no documentation, which is an error in this file. */
export function docsOf(name: VariableName): SettingDocs {
  const docs = settingDocs.get(environmentSchema.shape[name]);
  if (docs === undefined) throw new Error(`${name} is not documented`);
  return docs;
}
