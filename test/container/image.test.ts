import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHECKOUT } from '../../harness/checkout.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { readYaml } from '../unit/deploy/read-deploy-file.ts';
import { addressOf, docker, logsOf } from './docker.ts';

const HARDENED = ['--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges', '--memory=512m'];
const MOST_OWN_BYTES = 37_000_000;
const BUILD_MS = 900_000;
const name = `hookpatch-smoke-${randomUUID().slice(0, 8)}`;
const [service, simulator, redis] = [`${name}-service`, `${name}-simulator`, `${name}-redis`];
const SECRET = 'smoke-secret-for-the-simulator';

const RULES = `rules:
  - name: tag
    when: { topic: v2.detail.events.conversation.*.customer.start }
    target: { purpose: customer }
    actions: [{ setAttributes: { seen: "true" } }]
`;

interface Inspected {
  readonly Size: number;
  readonly Config: { readonly User: string; readonly Labels: Record<string, string> };
}

const inspectImage = async (tag: string) => (JSON.parse(await docker(['image', 'inspect', tag])) as [Inspected])[0];
const baseImage = `node:${packageJson.devDependencies.node.slice(1)}-slim`;
const redisImage = readYaml<{ services: { redis: { image: string } } }>('docker-compose.service.yml').services.redis.image;
const inService = (...command: string[]) => docker(['exec', service, ...command]);

let rulesFolder: string;
let conversationId: string;

async function startAll(): Promise<void> {
  await docker(['network', 'create', name]);
  const common = ['run', '--detach', `--network=${name}`, ...HARDENED];
  await docker([
    ...common,
    `--name=${redis}`,
    '--network-alias=redis',
    '--user=redis',
    redisImage,
    ...['redis-server', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction'],
  ]);
  await docker([
    ...[...common, `--name=${simulator}`, '--network-alias=simulator', '--publish=127.0.0.1::8090'],
    ...['--env=SIMULATOR_WEBHOOK_URL=http://hookpatch:8080/webhooks/genesys', `--env=SIMULATOR_WEBHOOK_SECRET=${SECRET}`],
    'hookpatch-simulator:smoke',
  ]);
  const settings = {
    REDIS_URL: 'redis://redis:6379',
    WEBHOOK_SECRETS: SECRET,
    GENESYS_API_URL: 'http://simulator:8090',
    GENESYS_LOGIN_URL: 'http://simulator:8090',
    GENESYS_PLAIN_HTTP: 'true',
    GENESYS_CLIENT_ID: 'simulator-client',
    GENESYS_CLIENT_SECRET: 'simulator-secret',
    RULES_FILE: '/etc/hookpatch/rules.yaml',
  };
  await docker([
    ...[...common, `--name=${service}`, '--network-alias=hookpatch', '--publish=127.0.0.1::8080'],
    ...Object.entries(settings).map(([key, value]) => `--env=${key}=${value}`),
    ...[`--volume=${rulesFolder}:/etc/hookpatch:ro`, 'hookpatch:smoke'],
  ]);
}

beforeAll(async () => {
  await docker(['build', '--target=service', '--tag=hookpatch:smoke', CHECKOUT]);
  await docker(['build', '--target=simulator', '--tag=hookpatch-simulator:smoke', CHECKOUT]);
  rulesFolder = await mkdtemp(join(tmpdir(), 'hookpatch-smoke-'));
  await chmod(rulesFolder, 0o755);
  await writeFile(join(rulesFolder, 'rules.yaml'), RULES, { mode: 0o644 });
  const topicName = 'v2.detail.events.conversation.1c9d7a52-0b0e-4f0c-8a51-6f2f0c3a9b11.customer.start';
  await writeFile(join(rulesFolder, 'event.json'), JSON.stringify({ topicName, mediaType: 'VOICE' }), { mode: 0o644 });
  await startAll();
}, BUILD_MS);

afterAll(async () => {
  await docker(['rm', '--force', '--volumes', service, simulator, redis]);
  await docker(['network', 'rm', name]);
  await rm(rulesFolder, { recursive: true, force: true });
}, 60_000);

describe('the image', () => {
  it('adds little to its base, has a numeric user and says what it is', async () => {
    const [image, base] = await Promise.all([inspectImage('hookpatch:smoke'), inspectImage(baseImage)]);
    expect(image.Size - base.Size).toBeLessThan(MOST_OWN_BYTES);
    expect(image.Config.User).toBe('1000:1000');
    expect(image.Config.Labels).toMatchObject({
      'org.opencontainers.image.title': 'hookpatch',
      'org.opencontainers.image.version': packageJson.version,
      'org.opencontainers.image.licenses': 'Apache-2.0',
      'org.opencontainers.image.base.name': `docker.io/library/${baseImage}`,
    });
  });

  it('holds no compiler, no types, maps or tests of packages, and the license', async () => {
    const find = (...tests: string[]) => inService('find', '/app', ...tests);
    expect(await find('-path', '*/node_modules/typescript', '-o', '-name', '*.map', '-o', '-name', '*.d.ts')).toBe('');
    expect(await find('-maxdepth', '1', '-name', 'LICENSE')).toBe('/app/LICENSE');
  });

  it.each(['--version', '--help', 'dead-letters --help', 'replay --help'])('runs hookpatch %s', async (command) => {
    expect(await inService('hookpatch', ...command.split(' '))).toMatch(/\d\.\d|hookpatch|npm run/);
  });

  it('runs every command that hookpatch --help names', async () => {
    const named = [...(await inService('hookpatch', '--help')).matchAll(/^hookpatch ([a-z:-]+)$/gm)].map(
      ([, found = '']) => found,
    );
    expect(named).toEqual(expect.arrayContaining(['config:print', 'dead-letters', 'replay']));
    for (const command of named) await inService('hookpatch', command, '--help');
  }, 60_000);

  it('refuses a command that does not exist', async () => {
    await expect(inService('hookpatch', 'no-such-command')).rejects.toThrow(/there is no command 'no-such-command'/);
  });
});

describe('the hardened container in 512 MiB', () => {
  it('becomes healthy and reports its version', async () => {
    const health = () => docker(['inspect', '--format={{.State.Health.Status}}', service]);
    await waitUntil(async () => (await health()) === 'healthy', {
      what: 'a healthy service',
      timeoutMs: 50_000,
      intervalMs: 250,
    });
    const response = await fetch(`${await addressOf(service, 8080)}/healthz`);
    expect(await response.json()).toEqual({ status: 'ok', version: packageJson.version });
    expect(await logsOf(service)).toMatch(new RegExp(`"version":"${packageJson.version}".*"msg":"listening"`));
  });

  it('gives V8 half of the memory', async () => {
    const statement = 'console.log(require("v8").getHeapStatistics().heap_size_limit)';
    const flags = (await inService('cat', '/proc/1/cmdline')).split('\0').filter((flag) => flag.startsWith('--max-old'));
    expect(Number(await inService('node', ...flags, '-e', statement))).toBeLessThan(400 * 1024 * 1024);
  });

  it('processes the events of calls placed at the simulator', async () => {
    const calls = `${await addressOf(simulator, 8090)}/simulator/calls`;
    const placed = await fetch(calls, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'in-progress' }),
    });
    expect(placed.ok).toBe(true);
    ({ conversationId } = (await placed.json()) as { conversationId: string });
    await waitUntil(async () => /"outcome":"applied"/.test(await logsOf(service)), { what: 'an applied event' });
  });

  it.each([
    ['why CONVERSATION', /applied/],
    ['doctor', /^ok +Redis/m],
    ['config:print', /^RULES_FILE +\/etc\/hookpatch\/rules\.yaml$/m],
    ['topics', /customer\.start/],
    ['rules:test --event customer.start', /tag: yes/],
    ['replay /etc/hookpatch/event.json --dry-run', /customer\.start/],
    ['dead-letters list', /no dead letters/i],
    ['conversations list', /no conversation/i],
  ])('has a command %s that works', async (command, printed) => {
    const output = await inService('hookpatch', ...command.replace('CONVERSATION', conversationId).split(' '));
    expect(output).toMatch(printed);
  });

  it('reads its rules again after a save by renaming', async () => {
    await inService('grep', '-c', 'tag', '/etc/hookpatch/rules.yaml');
    await writeFile(join(rulesFolder, 'new'), RULES.replace('name: tag', 'name: tag-again'), { mode: 0o644 });
    await rename(join(rulesFolder, 'new'), join(rulesFolder, 'rules.yaml'));
    await inService('hookpatch', 'reload');
    await waitUntil(async () => /rules reloaded/.test(await logsOf(service)), { what: 'reloaded rules' });
    expect(await inService('cat', '/etc/hookpatch/rules.yaml')).toContain('tag-again');
  });

  it('stops on SIGTERM within its grace, with exit code 0', async () => {
    await docker(['stop', '--time=50', service]);
    const state = JSON.parse(await docker(['inspect', '--format={{json .State}}', service])) as Record<string, unknown>;
    expect(state).toMatchObject({ ExitCode: 0, OOMKilled: false });
  }, 60_000);
});
