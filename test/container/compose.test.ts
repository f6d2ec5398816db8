import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHECKOUT } from '../../harness/checkout.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { queriesWithoutData } from '../monitoring/query-prometheus.ts';
import { docker, logsOf } from './docker.ts';

/** The README's steps, in a fresh clone of what is committed. */
const UP_MS = 900_000;
const SERVICE = 'http://127.0.0.1:8080';
const SIMULATOR = 'http://127.0.0.1:8090';
const JAEGER = 'http://127.0.0.1:16686';
const ARRIVAL = { timeoutMs: 60_000, intervalMs: 1_000 };
/** `$` in every form that Compose would replace. */
const SECRET = 'abc$DEF$$GHI-${HOME}0123456789';

let clone: string;
const compose = (...args: string[]) => docker(['compose', '--project-name=hookpatch-smoke', ...args], { cwd: clone });
const upWithin = (profile: string) => compose('--profile', profile, 'up', '--detach', '--build', '--wait');

beforeAll(async () => {
  clone = await mkdtemp(join(tmpdir(), 'hookpatch-clone-'));
  execFileSync('git', ['clone', '--quiet', '--no-hardlinks', CHECKOUT, clone]);
}, 60_000);

afterAll(async () => {
  await compose('--profile', 'demo', '--profile', 'live', 'down', '--volumes', '--timeout=50');
  await rm(clone, { recursive: true, force: true });
}, 120_000);

test(
  'the profile demo applies what its rules say, with nothing configured',
  async () => {
    await upWithin('demo');
    const service = await compose('--profile', 'demo', 'ps', '--quiet', 'demo');
    await waitUntil(async () => /"outcome":"applied"/.test(await logsOf(service)), {
      what: 'an applied event',
      timeoutMs: 60_000,
    });
    const { conversationId } = await placeCall();
    await waitUntil(async () => (await tracesOf(conversationId)).length > 0, { what: 'the trace in Jaeger', ...ARRIVAL });
    const hasData = async () => (await queriesWithoutData('http://127.0.0.1:9090')).length === 0;
    await waitUntil(hasData, ARRIVAL).catch(async (cause: unknown) => {
      const missing = await queriesWithoutData('http://127.0.0.1:9090');
      throw new Error(`without data in the demo:\n${missing.join('\n')}`, { cause });
    });
    await compose('--profile', 'demo', 'down', '--volumes', '--timeout=50');
  },
  UP_MS,
);

test(
  'the profile live is not created without the folder of the rules, and no folder is made',
  async () => {
    await expect(upWithin('live')).rejects.toThrow(/bind source path does not exist: .*\/rules/);
    expect(existsSync(join(clone, 'rules'))).toBe(false);
  },
  UP_MS,
);

test(
  'the profile live starts after the steps of the README, with secrets as they were written',
  async () => {
    await mkdir(join(clone, 'rules'));
    await cp(join(clone, 'rules.example.yaml'), join(clone, 'rules', 'rules.yaml'));
    await writeFile(join(clone, '.env'), await filledIn(join(clone, '.env.example')));
    await upWithin('live');
    expect((await fetch(`${SERVICE}/healthz`)).status).toBe(200);
    const service = await compose('--profile', 'live', 'ps', '--quiet', 'live');
    expect(await docker(['exec', service, 'printenv', 'WEBHOOK_SECRETS'])).toBe(SECRET);
  },
  UP_MS,
);

async function placeCall(): Promise<{ readonly conversationId: string }> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${SIMULATOR}/simulator/calls`, { method: 'POST', headers, body: '{"kind":"answered"}' });
  return (await response.json()) as { readonly conversationId: string };
}

/** As Jaeger's query API finds them. */
async function tracesOf(conversationId: string): Promise<readonly unknown[]> {
  const tags = JSON.stringify({ 'genesys.conversation.id': conversationId });
  const response = await fetch(`${JAEGER}/api/traces?${new URLSearchParams({ service: 'hookpatch', tags })}`);
  return ((await response.json()) as { readonly data: readonly unknown[] }).data;
}

/** What a person types: a value between the quotes of each setting that needs one. */
async function filledIn(example: string): Promise<string> {
  const values: Record<string, string> = {
    WEBHOOK_SECRETS: SECRET,
    GENESYS_REGION: 'us-east-1',
    GENESYS_CLIENT_ID: 'an-id',
    GENESYS_CLIENT_SECRET: 'a$secret',
  };
  const text = await readFile(example, 'utf8');
  return text.replaceAll(/^(\w+)='.*'$/gm, (_line, name: string) => `${name}='${values[name] ?? ''}'`);
}
