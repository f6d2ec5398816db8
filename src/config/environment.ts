import { readFileSync } from 'node:fs';
import { nearestName } from '../rules/nearest-name.ts';
import { isStandardSecret } from '../signature/secret-bytes.ts';
import type { Config, GenesysConfig, WebhookConfig } from './config.ts';
import { nearestRegion } from './genesys-regions.ts';
import { maskSecrets, maskUrls } from './mask.ts';
import { parseRedisUrl } from './redis-url.ts';
import {
  docsOf,
  type Environment,
  environmentSchema,
  isSecret,
  mayComeFromFile,
  VARIABLE_NAMES,
  type VariableName,
} from './settings.ts';

/** One problem; `toString`-ready parts, with secrets masked. */
export interface ConfigFault {
  /** The variable to change; `NAME_FILE` when the problem is in the file. */
  readonly variable: string;
  readonly found: string;
  readonly expected: string;
}

export type LoadedConfig = {
  readonly warnings: readonly string[];
  /** Also set when another variable has a problem: then the rules can still be checked. */
  readonly rulesFile: string;
} & ({ readonly ok: true; readonly config: Config } | { readonly ok: false; readonly faults: readonly ConfigFault[] });

/** A variable as it was found; for `config:print`. */
export interface ResolvedVariable {
  readonly name: VariableName;
  /** Masked. `null` when there is neither a value nor a default. */
  readonly shown: string | null;
  readonly source: 'environment' | 'file' | 'default' | 'unset';
}

type RawEnvironment = Readonly<Record<string, string | undefined>>;

interface RawValues {
  readonly values: Partial<Record<VariableName, string>>;
  readonly fromFile: ReadonlySet<VariableName>;
  readonly faults: readonly ConfigFault[];
}

/**
 * Reads and checks the whole environment and reports every problem at once. An empty value counts as not set.
 * A secret may come from the file that `NAME_FILE` names instead, less one newline at its end.
 */
export function loadConfig(env: RawEnvironment = process.env): LoadedConfig {
  const raw = readValues(env);
  const parsed = environmentSchema.safeParse(raw.values);
  const invalid = parsed.success ? [] : faultyVariables(parsed.error.issues, raw);
  const unpaired = parsed.success ? unpairedSecrets(parsed.data) : [];
  const across = [
    ...missingVariables(raw, env),
    ...idleSource(raw),
    ...processesOfOtherRole(raw),
    ...unpaired,
    ...findOtherSecrets(raw),
    ...findPlainUrls(raw),
  ];
  const faults = [...raw.faults, ...invalid, ...across];
  const warnings = [...findLikelyTypos(env), ...findShortKeys(raw)];
  const rulesFile = raw.values.RULES_FILE ?? docsOf('RULES_FILE').default ?? '';
  if (!parsed.success || faults.length > 0) return { ok: false, faults, warnings, rulesFile };
  const config = toConfig(parsed.data);
  // At a terminal a person waits for the process to end, and no load balancer sends traffic to it.
  const isHurried = process.stdout.isTTY === true && raw.values.SHUTDOWN_DRAIN_SECONDS === undefined;
  return { ok: true, config: isHurried ? { ...config, shutdownDrainSeconds: 0 } : config, warnings, rulesFile };
}

const REDIS_VARIABLES = {
  REDIS_URL: true,
  REDIS_PREFIX: true,
  REDIS_CA: true,
  REDIS_CERT: true,
  REDIS_KEY: true,
  REDIS_SENTINEL_USERNAME: true,
  REDIS_SENTINEL_PASSWORD: true,
} as const;
type RedisVariable = keyof typeof REDIS_VARIABLES;

export type LoadedRedisConfig =
  | { readonly ok: true; readonly redis: Config['redis'] }
  | { readonly ok: false; readonly faults: readonly ConfigFault[] };

/** As {@link loadConfig}, for tools that need Redis only: the other settings may be missing or wrong. */
export function loadRedisConfig(env: RawEnvironment = process.env): LoadedRedisConfig {
  const raw = readValues(env);
  const parsed = environmentSchema.pick(REDIS_VARIABLES).safeParse(raw.values);
  const invalid = parsed.success ? [] : faultyVariables(parsed.error.issues, raw);
  const all = [...raw.faults, ...invalid, ...missingVariables(raw, env)];
  const faults = all.filter(({ variable }) => Object.hasOwn(REDIS_VARIABLES, variable.replace(/_FILE$/, '')));
  if (!parsed.success || faults.length > 0) return { ok: false, faults };
  return { ok: true, redis: toRedisConfig(parsed.data) };
}

/** Every variable, masked, also when some are wrong. */
export function resolveVariables(env: RawEnvironment = process.env): readonly ResolvedVariable[] {
  const raw = readValues(env);
  return VARIABLE_NAMES.map((name) => {
    const value = raw.values[name];
    if (value !== undefined) {
      return { name, shown: show(name, value), source: raw.fromFile.has(name) ? 'file' : 'environment' };
    }
    const fallback = docsOf(name).default;
    return { name, shown: fallback, source: fallback === null ? 'unset' : 'default' };
  });
}

/** `VARIABLE: found X, expected Y`. */
export function formatConfigFault(fault: ConfigFault): string {
  return `${fault.variable}: found ${fault.found}, expected ${fault.expected}`;
}

function readValues(env: RawEnvironment): RawValues {
  const values: Partial<Record<VariableName, string>> = {};
  const fromFile = new Set<VariableName>();
  const faults: ConfigFault[] = [];
  for (const name of VARIABLE_NAMES) {
    const direct = env[name];
    const path = mayComeFromFile(name) ? env[`${name}_FILE`] : undefined;
    if (direct !== undefined && direct !== '') values[name] = direct;
    if (path === undefined || path === '') continue;
    if (values[name] !== undefined) {
      faults.push({ variable: name, found: `both ${name} and ${name}_FILE`, expected: 'only one of them' });
      continue;
    }
    const file = readSecretFile(name, path);
    if (file.ok) values[name] = file.text;
    else faults.push(file.fault);
    fromFile.add(name);
  }
  return { values, fromFile, faults };
}

function readSecretFile(
  name: VariableName,
  path: string,
): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly fault: ConfigFault } {
  const expected = `a readable file that holds ${docsOf(name).expected}`;
  try {
    const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    if (text !== '') return { ok: true, text };
    return { ok: false, fault: { variable: `${name}_FILE`, found: `the empty file "${path}"`, expected } };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    return { ok: false, fault: { variable: `${name}_FILE`, found: `"${path}" (${code})`, expected } };
  }
}

function faultyVariables(issues: readonly { readonly path: PropertyKey[] }[], raw: RawValues): ConfigFault[] {
  const names = new Set(issues.map((issue) => issue.path[0] as VariableName));
  return [...names].map((name) => ({
    variable: raw.fromFile.has(name) ? `${name}_FILE` : name,
    found: `${quoted(name, raw.values[name] ?? '')}${hintFor(name, raw.values[name] ?? '')}`,
    expected: docsOf(name).expected,
  }));
}

function hintFor(name: VariableName, value: string): string {
  const meant =
    name === 'GENESYS_REGION'
      ? nearestRegion(value)
      : name === 'REDIS_URL' && parseRedisUrl(`redis://${value}`) !== null && /^[\w.-]+:\d+/.test(value)
        ? `redis://${value}`
        : null;
  return meant === null ? '' : ` (did you mean ${meant}?)`;
}

/** A secret of Standard Webhooks is base64. The secret's own rule can't check that, because it depends on another variable. */
function findOtherSecrets({ values, fromFile }: RawValues): ConfigFault[] {
  const { WEBHOOK_SECRETS: secrets, WEBHOOK_SIGNED_CONTENT: content } = values;
  if (secrets === undefined || content !== 'standard-webhooks') return [];
  if (secrets.split(',').every((secret) => isStandardSecret(secret.trim()))) return [];
  const variable = fromFile.has('WEBHOOK_SECRETS') ? 'WEBHOOK_SECRETS_FILE' : 'WEBHOOK_SECRETS';
  const expected = 'with WEBHOOK_SIGNED_CONTENT=standard-webhooks: whsec_ and base64 of at least 16 bytes each';
  return [{ variable, found: quoted('WEBHOOK_SECRETS', secrets), expected }];
}

const LOOPBACK = /^http:\/\/(?:localhost|127(?:\.\d+){3}|\[::1\])(?:[:/]|$)/i;

/** Over plain HTTP the client's secret and its tokens could be read on the way. What is no URL has a problem of its own. */
function findPlainUrls({ values }: RawValues): ConfigFault[] {
  if (values.GENESYS_PLAIN_HTTP === 'true') return [];
  return (['GENESYS_API_URL', 'GENESYS_LOGIN_URL'] as const).flatMap((variable) => {
    const value = values[variable] ?? '';
    if (!/^http:/i.test(value) || !URL.canParse(value) || LOOPBACK.test(new URL(value).href)) return [];
    return [{ variable, found: quoted(variable, value), expected: docsOf(variable).expected }];
  });
}

function missingVariables(raw: RawValues, env: RawEnvironment): ConfigFault[] {
  const role = roleOf(raw);
  const hasBothUrls = raw.values.GENESYS_API_URL !== undefined && raw.values.GENESYS_LOGIN_URL !== undefined;
  return VARIABLE_NAMES.filter((name) => {
    if (raw.values[name] !== undefined || raw.fromFile.has(name)) return false;
    if (name === 'GENESYS_REGION' && hasBothUrls) return false;
    const { requiredBy } = docsOf(name);
    if (requiredBy === 'a receiver without API keys') return takesDeliveries(raw) && !hasAnyKey(raw);
    if (requiredBy === 'worker, source') return role !== 'receiver';
    return requiredBy === 'every role';
  }).map((name) => ({ variable: name, found: `nothing${misspelled(name, env)}`, expected: docsOf(name).expected }));
}

/** A variable that was most likely meant to be this one. */
function misspelled(name: VariableName, env: RawEnvironment): string {
  const known: readonly string[] = VARIABLE_NAMES;
  const like = Object.keys(env).find((other) => !known.includes(other) && nearestName(other, [name]) !== null);
  return like === undefined ? '' : ` but ${like} (did you mean ${name}?)`;
}

function roleOf({ values }: RawValues): string | null {
  return values.ROLE ?? docsOf('ROLE').default;
}

function isOff(notifications: string | undefined): boolean {
  return (notifications ?? docsOf('GENESYS_NOTIFICATIONS').default) === 'off';
}

/** A process that fetches its events itself need not receive any. */
function takesDeliveries(raw: RawValues): boolean {
  const role = roleOf(raw);
  if (role === 'worker' || role === 'source') return false;
  return role !== 'all' || isOff(raw.values.GENESYS_NOTIFICATIONS);
}

function hasAnyKey({ values, fromFile }: RawValues): boolean {
  return values.WEBHOOK_API_KEYS !== undefined || fromFile.has('WEBHOOK_API_KEYS');
}

/** A source with nothing to fetch would look healthy and do nothing. */
function idleSource(raw: RawValues): ConfigFault[] {
  if (roleOf(raw) !== 'source' || !isOff(raw.values.GENESYS_NOTIFICATIONS)) return [];
  const expected = '"queues" or a list, because ROLE is "source"';
  return [{ variable: 'GENESYS_NOTIFICATIONS', found: '"off"', expected }];
}

/** A worker's limits (its rate at Genesys, its conversations) are those of one process. */
function processesOfOtherRole(raw: RawValues): ConfigFault[] {
  const found = raw.values.RECEIVER_PROCESSES ?? '1';
  if (roleOf(raw) === 'receiver' || found === '1') return [];
  const expected = '1, because only a process with ROLE=receiver is run several times';
  return [{ variable: 'RECEIVER_PROCESSES', found: quoted('RECEIVER_PROCESSES', found), expected }];
}

/** Kubernetes sets these for a service that is named `redis`. */
const OF_KUBERNETES: ReadonlySet<string> = new Set(['REDIS_HOST', 'REDIS_PORT']);

/** Ids and secrets of clients go together by their position. */
function unpairedSecrets({ GENESYS_CLIENT_ID: ids, GENESYS_CLIENT_SECRET: secrets }: Environment): ConfigFault[] {
  if (ids === undefined || secrets === undefined || ids.length === secrets.length) return [];
  const found = `${secrets.length} secrets for ${ids.length} ids`;
  return [{ variable: 'GENESYS_CLIENT_SECRET', found, expected: docsOf('GENESYS_CLIENT_SECRET').expected }];
}

/** Names that are not ours but resemble ours. A machine's environment is full of other names, so these are warnings. */
function findLikelyTypos(env: RawEnvironment): string[] {
  const known = new Set<string>(VARIABLE_NAMES.flatMap((name) => (mayComeFromFile(name) ? [name, `${name}_FILE`] : [name])));
  // Names such as HOST and PORT are too short to guess from.
  const guessable = [...known].filter((name) => name.length >= 8);
  return Object.keys(env)
    .filter((name) => !known.has(name) && !OF_KUBERNETES.has(name))
    .flatMap((name) => {
      const nearest = name.length >= 7 ? nearestName(name, guessable) : null;
      if (nearest !== null) return [`${name} is not a setting and is ignored; did you mean ${nearest}?`];
      return /^(WEBHOOK|GENESYS)_/.test(name) ? [`${name} is not a setting and is ignored; see docs/configuration.md`] : [];
    });
}

/** API keys should be as long as a signing secret must be. Others may issue shorter keys, so this is a warning. */
const ADVISED_KEY_BYTES = 16;

function findShortKeys({ values }: RawValues): string[] {
  return (['WEBHOOK_API_KEYS', 'ADMIN_TOKEN'] as const).flatMap((name) => {
    const keys = (values[name] ?? '').split(',').map((key) => key.trim());
    const short = keys.filter((key) => key !== '' && Buffer.byteLength(key) < ADVISED_KEY_BYTES).length;
    if (short === 0) return [];
    return `${name}: ${short} of ${keys.length} shorter than ${ADVISED_KEY_BYTES} bytes, which can be guessed; use long random keys`;
  });
}

function show(name: VariableName, value: string): string {
  if (isSecret(name)) return maskSecrets(value);
  return docsOf(name).public === 'url' ? maskUrls(value) : value;
}

function quoted(name: VariableName, value: string): string {
  const shown = show(name, value);
  return isSecret(name) ? `${shown} (masked)` : `"${shown}"`;
}

function toConfig(env: Environment): Config {
  return {
    role: env.ROLE,
    host: env.HOST,
    port: env.PORT,
    adminPort: env.ADMIN_PORT === env.PORT && env.PORT !== 0 ? null : (env.ADMIN_PORT ?? null),
    shutdownDrainSeconds: env.SHUTDOWN_DRAIN_SECONDS,
    receiverProcesses: env.RECEIVER_PROCESSES,
    redis: toRedisConfig(env),
    rulesFile: env.RULES_FILE,
    webhook: hasReceiver(env) ? toWebhookConfig(env) : null,
    genesys: env.ROLE === 'receiver' ? null : toGenesysConfig(env),
    notifications: env.ROLE === 'source' || env.ROLE === 'all' ? env.GENESYS_NOTIFICATIONS : null,
    eventDedupSeconds: env.EVENT_DEDUP_SECONDS,
    workerConcurrency: env.WORKER_CONCURRENCY,
    jobAttempts: env.JOB_ATTEMPTS,
    ruleUnknownGraceSeconds: env.RULE_UNKNOWN_GRACE_SECONDS,
    deadLetters: { maxCount: env.DEAD_LETTER_MAX_COUNT, maxAgeSeconds: env.DEAD_LETTER_MAX_AGE_DAYS * 86_400 },
    adminToken: env.ADMIN_TOKEN ?? null,
    storyDays: env.STORY_DAYS,
    traceUrlTemplate: env.TRACE_URL_TEMPLATE ?? null,
    logLevel: env.LOG_LEVEL,
    logFormat: env.LOG_FORMAT,
  };
}

/** Without a secret and without a key no request could be accepted. This is allowed only for a process with another source. */
function hasReceiver({ ROLE, WEBHOOK_SECRETS, WEBHOOK_API_KEYS }: Environment): boolean {
  if (ROLE === 'worker' || ROLE === 'source') return false;
  return WEBHOOK_SECRETS !== undefined || WEBHOOK_API_KEYS !== undefined;
}

function toRedisConfig(env: Pick<Environment, RedisVariable>): Config['redis'] {
  return {
    urls: env.REDIS_URL ?? [],
    prefix: env.REDIS_PREFIX,
    tls: { ca: env.REDIS_CA ?? null, cert: env.REDIS_CERT ?? null, key: env.REDIS_KEY ?? null },
    sentinel: { username: env.REDIS_SENTINEL_USERNAME ?? null, password: env.REDIS_SENTINEL_PASSWORD ?? null },
  };
}

function toWebhookConfig(env: Environment): WebhookConfig {
  return {
    secrets: env.WEBHOOK_SECRETS ?? [],
    signatureHeader: env.WEBHOOK_SIGNATURE_HEADER,
    signedContent: env.WEBHOOK_SIGNED_CONTENT,
    toleranceSeconds: env.WEBHOOK_TOLERANCE_SECONDS,
    apiKeys: env.WEBHOOK_API_KEYS ?? [],
    bodyLimitBytes: env.WEBHOOK_BODY_LIMIT_BYTES,
  };
}

function toGenesysConfig(env: Environment): GenesysConfig {
  return {
    apiUrl: env.GENESYS_API_URL ?? `https://api.${env.GENESYS_REGION}`,
    loginUrl: env.GENESYS_LOGIN_URL ?? `https://login.${env.GENESYS_REGION}`,
    clients: (env.GENESYS_CLIENT_ID ?? []).map((id, index) => ({ id, secret: env.GENESYS_CLIENT_SECRET?.[index] ?? '' })),
    tokensPerClient: env.GENESYS_TOKENS,
    timeoutMs: env.GENESYS_TIMEOUT_MS,
    ratePerMinute: env.GENESYS_RATE_PER_MINUTE,
    organizationRatePerMinute: env.GENESYS_ORG_RATE_PER_MINUTE ?? null,
    fairUseCallsPerMonth: env.GENESYS_NAMED_USERS ?? null,
    confirmWithinMs: env.CONFIRM_WITHIN_SECONDS * 1000,
    planFromSnapshots: env.GENESYS_PLAN_FROM_SNAPSHOTS,
    traceHeaders: env.GENESYS_TRACE_HEADERS,
  };
}
