import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ConfigFault,
  formatConfigFault,
  loadConfig,
  loadRedisConfig,
  resolveVariables,
} from '../../../src/config/environment.ts';
import { docsOf, environmentSchema, isSecret, VARIABLE_NAMES } from '../../../src/config/settings.ts';

const SECRET = 'a-secret-of-32-bytes-0123456789a';
const NO_TLS = { tls: { ca: null, cert: null, key: null }, sentinel: { username: null, password: null } };
const COMPLETE = {
  REDIS_URL: 'redis://localhost:6379',
  WEBHOOK_SECRETS: SECRET,
  GENESYS_REGION: 'us-east-1',
  GENESYS_CLIENT_ID: 'client',
  GENESYS_CLIENT_SECRET: 'client-secret',
};

function configOf(env: Record<string, string>) {
  const loaded = loadConfig(env);
  if (!loaded.ok) throw new Error(loaded.faults.map(formatConfigFault).join('\n'));
  return loaded.config;
}

function faultsOf(env: Record<string, string>): readonly ConfigFault[] {
  const loaded = loadConfig(env);
  return loaded.ok ? [] : loaded.faults;
}

const variablesAtFault = (env: Record<string, string>) => faultsOf(env).map(({ variable }) => variable);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hookpatch-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('loadConfig', () => {
  it('fills in every default', () => {
    expect(configOf(COMPLETE)).toEqual({
      role: 'all',
      host: '0.0.0.0',
      port: 8080,
      adminPort: null,
      shutdownDrainSeconds: 5,
      receiverProcesses: 1,
      redis: { urls: ['redis://localhost:6379'], prefix: '{hookpatch}', ...NO_TLS },
      rulesFile: './rules.yaml',
      webhook: {
        secrets: [SECRET],
        signatureHeader: 'X-Genesys-Signature',
        signedContent: 'body',
        toleranceSeconds: 300,
        apiKeys: [],
        bodyLimitBytes: 262_144,
      },
      genesys: {
        apiUrl: 'https://api.mypurecloud.com',
        loginUrl: 'https://login.mypurecloud.com',
        clients: [{ id: 'client', secret: 'client-secret' }],
        tokensPerClient: 1,
        timeoutMs: 10_000,
        ratePerMinute: 300,
        organizationRatePerMinute: null,
        fairUseCallsPerMonth: null,
        confirmWithinMs: 10_000,
        planFromSnapshots: true,
        traceHeaders: false,
      },
      notifications: null,
      eventDedupSeconds: 86_400,
      workerConcurrency: 50,
      jobAttempts: 8,
      ruleUnknownGraceSeconds: 900,
      deadLetters: { maxCount: 10_000, maxAgeSeconds: 14 * 86_400 },
      adminToken: null,
      logLevel: 'info',
      logFormat: 'auto',
      storyDays: 3,
      traceUrlTemplate: null,
    });
  });

  it('takes several OAuth clients, whose ids and secrets go together by position', () => {
    const lists = { GENESYS_CLIENT_ID: 'one, two', GENESYS_CLIENT_SECRET: 'first,second', GENESYS_TOKENS: '5' };
    const pairs = [
      { id: 'one', secret: 'first' },
      { id: 'two', secret: 'second' },
    ];
    expect(configOf({ ...COMPLETE, ...lists }).genesys).toMatchObject({ clients: pairs, tokensPerClient: 5 });
    expect(faultsOf({ ...COMPLETE, ...lists, GENESYS_CLIENT_SECRET: 'first' }).map(formatConfigFault)).toEqual([
      expect.stringMatching(/^GENESYS_CLIENT_SECRET: found 1 secrets for 2 ids, expected /),
    ]);
  });

  it.each([
    ['200', 200 * 75_000],
    ['CX1:200,CX3:10', 200 * 75_000 + 10 * 140_000],
    ['CX2:1 , CX2:2', 3 * 110_000],
  ])('reads the named users %s as %i calls a month', (users, calls) => {
    expect(configOf({ ...COMPLETE, GENESYS_NAMED_USERS: users }).genesys?.fairUseCallsPerMonth).toBe(calls);
  });

  it.each(['CX4:1', 'many', '1,2', 'CX1:'])('refuses the named users %s', (users) => {
    expect(variablesAtFault({ ...COMPLETE, GENESYS_NAMED_USERS: users })).toEqual(['GENESYS_NAMED_USERS']);
  });

  it('names every fault at once, each with what was found and what is expected', () => {
    const faults = faultsOf({ ROLE: 'boss', PORT: '70000', REDIS_PREFIX: 'none', GENESYS_REGION: 'mars-1', LOG_LEVEL: '' });
    expect(faults.map(formatConfigFault)).toEqual([
      'ROLE: found "boss", expected "receiver", "worker", "source" or "all"',
      'PORT: found "70000", expected a port from 0 to 65535',
      'REDIS_PREFIX: found "none", expected a prefix that holds exactly one hash tag that is not empty, such as {hookpatch}',
      expect.stringMatching(
        /^GENESYS_REGION: found "mars-1", expected one of us-east-1 \(mypurecloud\.com\), .*mypurecloud\.com\.au\)$/,
      ),
      expect.stringMatching(/^REDIS_URL: found nothing, expected redis:/),
      'WEBHOOK_SECRETS: found nothing, expected comma-separated secrets of at least 16 bytes each, none of them a placeholder; `openssl rand -base64 32` makes one',
      'GENESYS_CLIENT_ID: found nothing, expected the id of an OAuth client, or comma-separated ids',
      'GENESYS_CLIENT_SECRET: found nothing, expected the secret of the OAuth client, or as many comma-separated secrets as GENESYS_CLIENT_ID has ids; no placeholder',
    ]);
  });

  it('asks each role only for what it needs', () => {
    expect(variablesAtFault({ ROLE: 'receiver' })).toEqual(['REDIS_URL', 'WEBHOOK_SECRETS']);
    expect(variablesAtFault({ ROLE: 'worker' })).toEqual([
      'REDIS_URL',
      'GENESYS_REGION',
      'GENESYS_CLIENT_ID',
      'GENESYS_CLIENT_SECRET',
    ]);
    expect(configOf({ ...COMPLETE, ROLE: 'receiver' }).genesys).toBeNull();
    expect(configOf({ ...COMPLETE, ROLE: 'worker' }).webhook).toBeNull();
  });

  it.each([
    ['WEBHOOK_SECRETS', 'change-me-to-a-long-random-secret'],
    ['WEBHOOK_API_KEYS', 'a-key-of-a-sender,change-me'],
    ['GENESYS_CLIENT_SECRET', 'change-me'],
    ['ADMIN_TOKEN', 'Change-Me'],
    ['ADMIN_TOKEN', ' '],
    ['GENESYS_API_URL', 'http://api.mypurecloud.com'],
    ['GENESYS_LOGIN_URL', 'http://10.0.0.1:8090'],
    ['GENESYS_API_URL', 'http://simulator:8090'],
    ['GENESYS_API_URL', 'http://127.0.0.1.example.com'],
    ['GENESYS_LOGIN_URL', 'HTTP://localhost.example.com'],
  ])('refuses the %s %j, which protects nothing', (name, value) => {
    expect(variablesAtFault({ ...COMPLETE, [name]: value })).toEqual([name]);
  });

  it.each([
    ['MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', ['WEBHOOK_SECRETS']],
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, whsec_c2hvcnQgc2VjcmV0', ['WEBHOOK_SECRETS']],
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', []],
  ])('with Standard Webhooks takes secrets of its form only: %s', (secrets, faults) => {
    const env = { ...COMPLETE, WEBHOOK_SIGNED_CONTENT: 'standard-webhooks', WEBHOOK_SECRETS: secrets };
    expect(variablesAtFault(env)).toEqual(faults);
  });

  it.each(['short', `${SECRET},`, `,${SECRET}`, `${SECRET},short`, ' '])('refuses the webhook secrets %j', (secrets) => {
    expect(variablesAtFault({ ...COMPLETE, WEBHOOK_SECRETS: secrets })).toEqual(['WEBHOOK_SECRETS']);
  });

  it('needs no secret where there is an API key, or no receiver at all', () => {
    const { WEBHOOK_SECRETS: _, ...rest } = COMPLETE;
    expect(variablesAtFault({ ...rest, ROLE: 'receiver' })).toEqual(['WEBHOOK_SECRETS']);
    expect(configOf({ ...rest, ROLE: 'receiver', WEBHOOK_API_KEYS: 'a-key' }).webhook).toMatchObject({
      secrets: [],
      apiKeys: ['a-key'],
    });
    expect(variablesAtFault(rest)).toEqual(['WEBHOOK_SECRETS']);
    const fetching = configOf({ ...rest, GENESYS_NOTIFICATIONS: 'queues' });
    expect(fetching).toMatchObject({ webhook: null, notifications: { kind: 'queues' } });
    expect(configOf({ ...COMPLETE, GENESYS_NOTIFICATIONS: 'queues' }).webhook).not.toBeNull();
    const source = configOf({ ...rest, ROLE: 'source', GENESYS_NOTIFICATIONS: 'queues' });
    expect([source.webhook, source.genesys === null, source.notifications]).toEqual([null, false, { kind: 'queues' }]);
  });

  it.each(['receiver', 'worker'])('gives a %s no notifications', (role) => {
    expect(configOf({ ...COMPLETE, ROLE: role, GENESYS_NOTIFICATIONS: 'queues' }).notifications).toBeNull();
  });

  it('tells topics from queue names, and refuses a topic with a wildcard and a source that fetches nothing', () => {
    const list = 'VIP, v2.users.7a1c.conversations,Support 24/7';
    const notifications = { kind: 'list', topics: ['v2.users.7a1c.conversations'], queueNames: ['VIP', 'Support 24/7'] };
    expect(configOf({ ...COMPLETE, GENESYS_NOTIFICATIONS: list }).notifications).toEqual(notifications);
    for (const wrong of ['v2.routing.queues.*.conversations', 'v2.users.{id}.conversations', 'VIP,', ',']) {
      expect(variablesAtFault({ ...COMPLETE, GENESYS_NOTIFICATIONS: wrong })).toEqual(['GENESYS_NOTIFICATIONS']);
    }
    const [fault] = faultsOf({ ...COMPLETE, ROLE: 'source' });
    expect(fault && formatConfigFault(fault)).toBe(
      'GENESYS_NOTIFICATIONS: found "off", expected "queues" or a list, because ROLE is "source"',
    );
  });

  it('counts the bytes of a secret, not its letters', () => {
    expect(configOf({ ...COMPLETE, WEBHOOK_SECRETS: 'éééééééé' }).webhook?.secrets).toEqual(['éééééééé']);
  });

  it('takes several secrets and keys', () => {
    const webhook = configOf({ ...COMPLETE, WEBHOOK_SECRETS: `${SECRET}, ${SECRET}2`, WEBHOOK_API_KEYS: 'one,two' }).webhook;
    expect(webhook).toMatchObject({ secrets: [SECRET, `${SECRET}2`], apiKeys: ['one', 'two'] });
  });

  it.each([
    ['us-east-1', 'mypurecloud.com'],
    ['MyPureCloud.de', 'mypurecloud.de'],
    ['ap-southeast-2', 'mypurecloud.com.au'],
    ['us-east-2', 'use2.us-gov-pure.cloud'],
    ['edee1.eusc-pure.cloud', 'edee1.eusc-pure.cloud'],
    ['mx-central-1', 'mxc1.pure.cloud'],
  ])('knows the region %s', (region, domain) => {
    expect(configOf({ ...COMPLETE, GENESYS_REGION: region }).genesys).toMatchObject({
      apiUrl: `https://api.${domain}`,
      loginUrl: `https://login.${domain}`,
    });
  });

  it('needs no region when both URLs are given, and drops their trailing slash', () => {
    const { GENESYS_REGION: _, ...rest } = COMPLETE;
    const urls = { GENESYS_API_URL: 'http://127.0.0.1:9000/', GENESYS_LOGIN_URL: 'http://127.0.0.1:9001' };
    expect(configOf({ ...rest, ...urls }).genesys).toMatchObject({
      apiUrl: 'http://127.0.0.1:9000',
      loginUrl: 'http://127.0.0.1:9001',
    });
    expect(variablesAtFault({ ...rest, GENESYS_API_URL: urls.GENESYS_API_URL })).toEqual(['GENESYS_REGION']);
  });

  it.each(['ftp://x', 'nonsense', 'https://user:pw@x', 'https://x?q=1'])('refuses the URL %s', (url) => {
    const faults = faultsOf({ ...COMPLETE, GENESYS_API_URL: url });
    expect(faults.map(({ variable }) => variable)).toEqual(['GENESYS_API_URL']);
    expect(JSON.stringify(faults)).not.toContain('pw@');
  });

  it.each(['http://localhost:8090', 'http://127.0.0.1', 'http://[::1]:8090', 'HTTP://127.1:8090'])(
    'takes %s, which is here',
    (url) => {
      expect(configOf({ ...COMPLETE, GENESYS_API_URL: url, GENESYS_LOGIN_URL: url }).genesys).not.toBeNull();
    },
  );

  it('takes http:// to another machine where that is said', () => {
    const urls = { GENESYS_API_URL: 'http://simulator:8090', GENESYS_LOGIN_URL: 'http://simulator:8090' };
    expect(variablesAtFault({ ...COMPLETE, ...urls })).toEqual(['GENESYS_API_URL', 'GENESYS_LOGIN_URL']);
    expect(configOf({ ...COMPLETE, ...urls, GENESYS_PLAIN_HTTP: 'true' }).genesys?.apiUrl).toBe('http://simulator:8090');
  });

  it('takes the nodes of a Redis Cluster', () => {
    expect(configOf({ ...COMPLETE, REDIS_URL: 'rediss://a:1, rediss://b:2' }).redis.urls).toEqual([
      'rediss://a:1',
      'rediss://b:2',
    ]);
  });

  it.each([
    'localhost:6379',
    'http://x',
    'redis://',
    'redis://a,',
    'redis://a,rediss://b',
    'redis://a/1,redis://b/1',
    'redis://a/x',
  ])('refuses the Redis URL %s', (url) => {
    expect(variablesAtFault({ ...COMPLETE, REDIS_URL: url })).toEqual(['REDIS_URL']);
  });

  it.each(['hookpatch', '{}', '{a}{b}', '{a', 'a}', '{{a}}', '{a b}'])('refuses the prefix %s', (prefix) => {
    expect(variablesAtFault({ ...COMPLETE, REDIS_PREFIX: prefix })).toEqual(['REDIS_PREFIX']);
  });

  it.each(['1.5', '-1', '0x10', '1e3', ' 8', '99999999999999999999'])('refuses the number %j', (text) => {
    expect(variablesAtFault({ ...COMPLETE, WORKER_CONCURRENCY: text })).toEqual(['WORKER_CONCURRENCY']);
  });

  it('treats an empty variable as not set', () => {
    expect(configOf({ ...COMPLETE, PORT: '', WEBHOOK_API_KEYS: '', ADMIN_TOKEN: '' })).toMatchObject({
      port: 8080,
      adminToken: null,
    });
  });
});

describe('secrets from files', () => {
  it('reads NAME_FILE and removes one newline at its end', () => {
    const { WEBHOOK_SECRETS: _, ...rest } = COMPLETE;
    const env = {
      ...rest,
      WEBHOOK_SECRETS_FILE: file('secrets', `${SECRET}\n`),
      ADMIN_TOKEN_FILE: file('token', 'token of 16 bytes \r\n'),
    };
    expect(configOf(env)).toMatchObject({ webhook: { secrets: [SECRET] }, adminToken: 'token of 16 bytes ' });
  });

  it('refuses a variable beside its file', () => {
    expect(faultsOf({ ...COMPLETE, WEBHOOK_SECRETS_FILE: file('both', SECRET) })).toEqual([
      { variable: 'WEBHOOK_SECRETS', found: 'both WEBHOOK_SECRETS and WEBHOOK_SECRETS_FILE', expected: 'only one of them' },
    ]);
  });

  it('refuses a file that is missing or empty, and reports it once', () => {
    const { GENESYS_CLIENT_SECRET: _, ...rest } = COMPLETE;
    const missing = join(folder, 'missing');
    expect(faultsOf({ ...rest, GENESYS_CLIENT_SECRET_FILE: missing })).toEqual([
      expect.objectContaining({ variable: 'GENESYS_CLIENT_SECRET_FILE', found: `"${missing}" (ENOENT)` }),
    ]);
    expect(variablesAtFault({ ...rest, GENESYS_CLIENT_SECRET_FILE: file('empty', '\n') })).toEqual([
      'GENESYS_CLIENT_SECRET_FILE',
    ]);
  });

  it('names the file when what is in it is wrong', () => {
    const { WEBHOOK_SECRETS: _, ...rest } = COMPLETE;
    expect(variablesAtFault({ ...rest, WEBHOOK_SECRETS_FILE: file('short', 'short') })).toEqual(['WEBHOOK_SECRETS_FILE']);
  });
});

describe('warnings', () => {
  it('say how many API keys are too short, and show none of them', () => {
    const { ok, warnings } = loadConfig({ ...COMPLETE, WEBHOOK_API_KEYS: 'short,0123456789abcdef,tiny' });
    expect(ok).toBe(true);
    expect(warnings).toEqual([expect.stringMatching(/^WEBHOOK_API_KEYS: 2 of 3 shorter than 16 bytes/)]);
    expect(warnings.join()).not.toMatch(/short,|tiny|0123456789abcdef/);
    expect(loadConfig({ ...COMPLETE, WEBHOOK_API_KEYS: '0123456789abcdef' }).warnings).toEqual([]);
  });

  it('names variables that look like ours', () => {
    const env = {
      ...COMPLETE,
      WEBHOOK_SECRET: SECRET,
      GENESYS_REGION_NAME: 'x',
      REDIS_URLS: 'x',
      PATH: '/bin',
      HOSTNAME: 'h',
      REDIS_PORT: '1',
    };
    expect(loadConfig(env).warnings).toEqual([
      'WEBHOOK_SECRET is not a setting and is ignored; did you mean WEBHOOK_SECRETS?',
      'GENESYS_REGION_NAME is not a setting and is ignored; see docs/configuration.md',
      'REDIS_URLS is not a setting and is ignored; did you mean REDIS_URL?',
    ]);
  });
});

describe('masking', () => {
  it('hides everything that does not say that it is public, and nothing whose name says that it is a secret is public', () => {
    const named = VARIABLE_NAMES.filter((name) => /(SECRETS?|KEYS|TOKEN|PASSWORD|CLIENT_ID)$/.test(name));
    expect(named.filter((name) => !isSecret(name))).toEqual([]);
    const env = Object.fromEntries(VARIABLE_NAMES.map((name) => [name, `shown-${name}`]));
    const shown = resolveVariables(env).filter((variable) => variable.shown === `shown-${variable.name}`);
    expect(shown.map(({ name }) => name)).toEqual(VARIABLE_NAMES.filter((name) => docsOf(name).public === 'value'));
  });

  it('shows no secret, whatever is wrong with the configuration', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z0-9]{24,40}$/),
        fc.constantFrom(...VARIABLE_NAMES.filter(isSecret)),
        fc.constantFrom('', ',', ',x', ', '),
        (secret, name, suffix) => {
          const env = { ...COMPLETE, REDIS_URL: `redis://user:${secret}@host:1/${suffix}`, [name]: secret + suffix };
          const shown = JSON.stringify([faultsOf(env), resolveVariables(env)]);
          expect(shown).not.toContain(secret);
        },
      ),
    );
  });

  it('resolves every variable with its source, also of an invalid environment', () => {
    const resolved = resolveVariables({ PORT: 'x', REDIS_URL: 'redis://u:p@h:6379/1', WEBHOOK_SECRETS: 'a,b' });
    const byName = Object.fromEntries(resolved.map(({ name, shown, source }) => [name, [shown, source]]));
    expect(byName).toMatchObject({
      PORT: ['x', 'environment'],
      HOST: ['0.0.0.0', 'default'],
      REDIS_URL: ['redis://******@h:6379/1', 'environment'],
      WEBHOOK_SECRETS: ['******,******', 'environment'],
      ADMIN_TOKEN: [null, 'unset'],
    });
    expect(resolved).toHaveLength(VARIABLE_NAMES.length);
  });
});

describe('loadRedisConfig', () => {
  it('needs nothing but Redis, whatever the other settings are', () => {
    expect(loadRedisConfig({ REDIS_URL: 'redis://r:1', PORT: 'x' })).toEqual({
      ok: true,
      redis: { urls: ['redis://r:1'], prefix: '{hookpatch}', ...NO_TLS },
    });
    expect(loadRedisConfig({ REDIS_URL_FILE: file('redis', 'redis://r:2\n'), REDIS_PREFIX: '{x}' })).toMatchObject({
      redis: { urls: ['redis://r:2'], prefix: '{x}', ...NO_TLS },
    });
  });

  it('names the faults of Redis and no other', () => {
    const loaded = loadRedisConfig({ REDIS_PREFIX: 'none', PORT: 'x' });
    expect(loaded.ok ? [] : loaded.faults.map(({ variable }) => variable)).toEqual(['REDIS_PREFIX', 'REDIS_URL']);
    const unreadable = loadRedisConfig({ REDIS_URL_FILE: '/nowhere' });
    expect(unreadable.ok ? [] : unreadable.faults.map(({ variable }) => variable)).toEqual(['REDIS_URL_FILE']);
  });
});

describe('settings', () => {
  it('documents every variable, and every default passes its own check', () => {
    for (const name of VARIABLE_NAMES) {
      const docs = docsOf(name);
      expect(docs.description).not.toBe('');
      expect(docs.expected).not.toBe('');
      if (docs.default !== null) expect(environmentSchema.shape[name].safeParse(docs.default).success).toBe(true);
      // An example that is a placeholder explains itself and is refused.
      const { example } = docs;
      const parsed = environmentSchema.shape[name].safeParse(example);
      if (docs.requiredBy !== null) expect([name, parsed.success]).toEqual([name, !example?.startsWith('change-me')]);
    }
  });
});
