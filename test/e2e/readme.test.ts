import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, appendFile, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { CHECKOUT } from '../../harness/checkout.ts';
import { LogCollector } from '../../harness/log-collector.ts';
import { removeKeys, uniquePrefix } from '../../harness/unique-prefix.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { type Simulator, startSimulator } from '../../simulator/start-simulator.ts';

/**
 * The README as somebody follows it, in a fresh clone of what is committed. `npm run test:readme` installs there too, and plays the first
 * hour; without it the clone borrows what is installed here. The steps with Docker are in `test/container/compose.test.ts`.
 */
const INSTALLS = process.env.README_INSTALL === '1';
const INSTALLED_WITHIN_MS = 110_000;
const OWN_RULES = `
rules:
  - name: my-rule
    when: { topic: "v2.detail.events.conversation.*.customer.start" }
    target: { purpose: customer }
    actions: [{ setAttributes: { tier: gold } }]
`;

const prefix = uniquePrefix();
let clone: string;
let readme: string;
let simulator: Simulator;

beforeAll(async () => {
  clone = await mkdtemp(join(tmpdir(), 'hookpatch-readme-'));
  execFileSync('git', ['clone', '--quiet', '--no-hardlinks', CHECKOUT, clone]);
  if (!INSTALLS) await symlink(join(CHECKOUT, 'node_modules'), join(clone, 'node_modules'));
  readme = await readFile(join(clone, 'README.md'), 'utf8');
  simulator = await startSimulator({ writeVisibilityMs: 0 });
}, 60_000);

afterAll(async () => {
  await simulator.stop();
  await removeKeys(inject('redisUrl'), prefix);
  await rm(clone, { recursive: true, force: true });
});

/** What leads `npm` to the registry: its cache, and certificates and proxies of the network. */
const OF_NETWORK = ['npm_config_cache', 'NODE_EXTRA_CA_CERTS', 'HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy'];

/** Nothing of this process's settings; `npm` looks at none of the clone's scripts before a command unless it is to install. */
function environment(): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  if (!INSTALLS) return { PATH, HOME, npm_config_ignore_scripts: 'true' };
  return { PATH, HOME, ...Object.fromEntries(Object.entries(process.env).filter(([name]) => OF_NETWORK.includes(name))) };
}

/** A numbered step of "Run it for real". */
function step(number: number): string {
  const section = readme.split('## Run it for real')[1]?.split('\n## ')[0] ?? '';
  return section.split(/^\d+\. /m)[number] ?? '';
}

/** The command in a step that begins like this, as it is written. */
function commandOf(number: number, start: string): string {
  const lines = step(number).replaceAll(/^ {3}/gm, '');
  const inline = [...lines.replaceAll(/```.*?```/gs, '').matchAll(/`([^`]+)`/g)].map(([, code = '']) =>
    code.replaceAll('\n', ' '),
  );
  const found = [...inline, ...lines.split('\n')].find((code) => code.startsWith(start));
  if (found === undefined) throw new Error(`step ${number} of the README has no command "${start}..."`);
  return found;
}

function run(command: string): Promise<{ readonly code: number; readonly text: string }> {
  return new Promise((resolve) => {
    execFile('bash', ['-c', command], { cwd: clone, env: environment() }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), text: stdout + stderr }),
    );
  });
}

/** Each variable that the README lists as having no default, and what leads to the simulator. */
async function fillIn(): Promise<void> {
  const [, listed = ''] = /These have no default:(.*?)Secrets may come/s.exec(step(2)) ?? [];
  const values: Record<string, string> = {
    REDIS_URL: inject('redisUrl'),
    WEBHOOK_SECRETS: SECRET,
    GENESYS_REGION: 'us-east-1',
    GENESYS_CLIENT_ID: simulator.clientId,
    GENESYS_CLIENT_SECRET: simulator.clientSecret,
  };
  for (const name of Object.keys(values)) expect(listed).toContain(`\`${name}\``);
  const file = join(clone, '.env');
  let text = await readFile(file, 'utf8');
  for (const [name, value] of Object.entries(values)) {
    const line = new RegExp(`^(?:# )?${name}=.*$`, 'm');
    expect(text).toMatch(line);
    text = text.replace(line, `${name}='${value}'`);
  }
  await writeFile(file, text);
  const here = {
    GENESYS_API_URL: simulator.url,
    GENESYS_LOGIN_URL: simulator.url,
    REDIS_PREFIX: prefix,
    HOST: '127.0.0.1',
    PORT: '0',
  };
  await appendFile(
    file,
    Object.entries(here)
      .map(([name, value]) => `${name}='${value}'\n`)
      .join(''),
  );
}

const SECRET = 'a-secret-of-more-than-16-bytes';

describe('the README', () => {
  test('leads from a fresh clone to a call that was changed, step by step', async () => {
    expect(await run(commandOf(1, 'mkdir rules'))).toEqual({ code: 0, text: '' });
    expect(await run(commandOf(1, 'npm run rules:test'))).toMatchObject({ code: 0, text: expect.stringContaining('tag-trace') });
    expect(await run(commandOf(2, 'cp .env'))).toEqual({ code: 0, text: '' });
    await fillIn();
    const printed = await run(commandOf(2, 'RULES_FILE=rules/rules.yaml npm run config:print'));
    expect(printed).toMatchObject({ code: 0, text: expect.stringContaining(prefix) });
    expect(printed.text).not.toContain(SECRET);
    const examined = await run(commandOf(3, 'RULES_FILE=rules/rules.yaml npm run doctor'));
    expect(examined.text).toMatch(/ok +token/);

    const service = spawn('bash', ['-c', `exec ${commandOf(4, 'RULES_FILE=').replace('RULES_FILE=', 'env RULES_FILE=')}`], {
      cwd: clone,
      env: environment(),
      detached: true,
    });
    const exited = once(service, 'close');
    const { lines } = new LogCollector(service);
    try {
      const address = await waitUntil(() => lines.find(({ msg }) => msg === 'listening')?.address, { what: 'the service' });
      expect(commandOf(5, 'POST ')).toBe('POST /webhooks/genesys');
      simulator.setWebhook({ url: `${address}/webhooks/genesys`, secret: SECRET });
      const { conversationId } = await simulator.placeCall({ kind: 'in-progress' });
      const customer = () => simulator.conversation(conversationId)?.participants[0]?.attributes;
      await waitUntil(() => customer()?.customerTier === 'platinum', { what: 'the attribute of the rule' });
      const isTold = async () => /tag-trace setAttributes: applied/.test((await run(`npm run why -- ${conversationId}`)).text);
      await waitUntil(isTold, { what: 'applied', timeoutMs: 20_000, intervalMs: 500 });
    } finally {
      if (service.pid !== undefined) process.kill(-service.pid, 'SIGTERM');
      await exited;
    }
  }, 240_000);

  test.runIf(INSTALLS)(
    'gets somebody to an own rule that is applied with two commands, within two minutes of the clone',
    async () => {
      execFileSync('git', ['clean', '--quiet', '-dffx'], { cwd: clone });
      await writeFile(join(clone, 'my-rules.yaml'), OWN_RULES);
      const startedAt = performance.now();
      const [, command = ''] = /^\| `(npm run dev -- --rules) FILE` \|/m.exec(readme) ?? [];
      const dev = spawn('bash', ['-c', `exec ${command} my-rules.yaml`], { cwd: clone, env: environment(), detached: true });
      const exited = once(dev, 'close');
      const collector = new LogCollector(dev);
      const text = () => collector.text();
      try {
        const [curl] = await waitUntil(() => /curl -sS .*/.exec(text()), {
          what: 'the command that places a call',
          timeoutMs: INSTALLED_WITHIN_MS,
        });
        void run(curl);
        await waitUntil(() => /"rule":"my-rule"/.test(text()) && /"outcome":"applied"/.test(text()), { what: 'applied' });
        expect(performance.now() - startedAt).toBeLessThan(120_000);
        await expect(access(join(clone, 'node_modules', '.package-lock.json'))).resolves.toBeUndefined();
      } finally {
        if (dev.pid !== undefined) process.kill(-dev.pid, 'SIGINT');
        await exited;
      }
    },
    240_000,
  );
});
