import { expect, test } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/environment.ts';
import { reloadSecrets } from '../../../src/config/reload-secrets.ts';

const ENV = {
  REDIS_URL: 'redis://u:old@r:1',
  WEBHOOK_SECRETS: 'the first secret of all',
  GENESYS_REGION: 'us-east-1',
  GENESYS_CLIENT_ID: 'id-1',
  GENESYS_CLIENT_SECRET: 'old-secret',
  ADMIN_TOKEN: 'the first token of all',
};

function load(env: Record<string, string>): Config {
  const loaded = loadConfig(env);
  if (!loaded.ok) throw new Error('a fault in the test');
  return loaded.config;
}

test('puts secrets that have changed in their place, and nothing else', () => {
  const config = load(ENV);
  const fresh = {
    ...ENV,
    PORT: '1',
    REDIS_URL: 'redis://u:new@r:1',
    WEBHOOK_SECRETS: 'the second secret of all',
    WEBHOOK_API_KEYS: 'a-key-of-16-bytes',
    GENESYS_CLIENT_SECRET: 'new-secret',
    ADMIN_TOKEN: 'the second token of all',
  };
  const changed = ['REDIS_URL', 'WEBHOOK_SECRETS', 'WEBHOOK_API_KEYS', 'ADMIN_TOKEN', 'GENESYS_CLIENT_SECRET'];
  expect(reloadSecrets(config, () => loadConfig(fresh))).toEqual({ ok: true, changed });
  expect(config).toEqual({ ...load(fresh), port: config.port });
  expect(reloadSecrets(config, () => loadConfig(fresh))).toEqual({ ok: true, changed: [] });
});

test('leaves the node alone that Redis is on, and knows one node of a cluster again', () => {
  const config = load(ENV);
  reloadSecrets(config, () => loadConfig({ ...ENV, REDIS_URL: 'redis://u:new@elsewhere:1' }));
  expect(config.redis.urls).toEqual(['redis://u:old@r:1']);
  const cluster = { ...config, redis: { ...config.redis, urls: ['redis://u:old@r:1', 'redis://u:old@r:1'] } };
  reloadSecrets(cluster, () => loadConfig({ ...ENV, REDIS_URL: 'redis://u:new@r:1' }));
  expect(cluster.redis.urls).toEqual(['redis://u:new@r:1', 'redis://u:new@r:1']);
});

test('changes nothing when there is a fault, and names it', () => {
  const config = load(ENV);
  const before = structuredClone(config);
  const reloaded = reloadSecrets(config, () => loadConfig({ ...ENV, REDIS_URL: 'redis://u:new@r:1', PORT: 'x' }));
  expect(reloaded).toEqual({ ok: false, faults: [expect.stringContaining('PORT')] });
  expect(config).toEqual(before);
});
