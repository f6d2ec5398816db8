import type { Config, OAuthClient } from './config.ts';
import { formatConfigFault, type LoadedConfig, loadConfig } from './environment.ts';
import { parseRedisUrl } from './redis-url.ts';

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

export type ReloadedSecrets =
  | { readonly ok: true; readonly changed: readonly string[] }
  | { readonly ok: false; readonly faults: readonly string[] };

/**
 * Reads the environment and its secret files again, and puts changed secrets into `config`, where every user of them reads them.
 * This is the only place that changes a configuration. Every other setting needs a new process. A problem in the environment
 * changes nothing.
 */
export function reloadSecrets(config: Config, load: () => LoadedConfig = loadConfig): ReloadedSecrets {
  const loaded = load();
  if (!loaded.ok) return { ok: false, faults: loaded.faults.map(formatConfigFault) };
  const { redis, webhook, genesys, adminToken } = loaded.config;
  const changed: string[] = [];
  const replace = <T, Key extends keyof T>(target: T, key: Key, value: T[Key], name: string) => {
    if (JSON.stringify(target[key]) === JSON.stringify(value)) return;
    (target as Writable<T>)[key] = value;
    changed.push(name);
  };
  const urls = sameNodes(config.redis.urls, redis.urls);
  if (urls !== null) replace(config.redis, 'urls', urls, 'REDIS_URL');
  replace(config.redis, 'tls', redis.tls, 'REDIS_CA, REDIS_CERT, REDIS_KEY');
  replace(config.redis, 'sentinel', redis.sentinel, 'REDIS_SENTINEL_PASSWORD');
  if (config.webhook !== null && webhook !== null) {
    replace(config.webhook, 'secrets', webhook.secrets, 'WEBHOOK_SECRETS');
    replace(config.webhook, 'apiKeys', webhook.apiKeys, 'WEBHOOK_API_KEYS');
  }
  // Without a token there is no `/admin`, so adding or removing one needs a new process.
  if (config.adminToken !== null && adminToken !== null) replace(config, 'adminToken', adminToken, 'ADMIN_TOKEN');
  for (const client of config.genesys?.clients ?? []) {
    const fresh = genesys?.clients.find(({ id }: OAuthClient) => id === client.id);
    if (fresh !== undefined) replace(client, 'secret', fresh.secret, 'GENESYS_CLIENT_SECRET');
  }
  return { ok: true, changed: [...new Set(changed)] };
}

/** The new URLs if they lead to the same nodes; otherwise `null`. A node of a cluster appears twice in the configuration. */
function sameNodes(current: readonly string[], fresh: readonly string[]): readonly string[] | null {
  const urls = fresh.length === 1 && current.length === 2 && current[0] === current[1] ? [...fresh, ...fresh] : fresh;
  const nodesOf = (list: readonly string[]) =>
    JSON.stringify({ ...parseRedisUrl(list.join(',')), username: null, password: null });
  return nodesOf(current) === nodesOf(urls) ? urls : null;
}
