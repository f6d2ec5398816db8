/**
 * `npm run dev [-- --rules FILE]`: Redis, the Genesys simulator and the service on this machine, with your rules, which are read
 * again when the file is saved. Prints how to place a call. Nothing is left behind.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, watch } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Teardown } from '../demo/stage.ts';
import { CHECKOUT } from '../harness/checkout.ts';
import { findFreePort } from '../harness/find-free-port.ts';
import { startRedis } from '../harness/redis.ts';
import { removeKeys, uniquePrefix } from '../harness/unique-prefix.ts';
import { waitUntil } from '../harness/wait-until.ts';
import { startSimulator } from '../simulator/start-simulator.ts';

const USAGE = `npm run dev [-- --rules FILE]

  --rules FILE   your rules (default rules.yaml, else rules.example.yaml); read again when the file is saved
  --help         this text`;

/** An editor writes a file in several steps. */
const SETTLE_MS = 100;

function rulesFile(given: string | undefined): string {
  const file = given ?? ['rules.yaml', 'rules.example.yaml'].find((name) => existsSync(resolve(CHECKOUT, name))) ?? 'rules.yaml';
  if (!existsSync(file)) throw new Error(`there is no rules file ${file}; --rules names one`);
  return resolve(file);
}

/** Calls `changed` when the file was saved, also by an editor that renames another file to it. */
function onSaved(file: string, changed: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(dirname(file), (_event, name) => {
    if (name !== basename(file)) return;
    clearTimeout(timer);
    timer = setTimeout(changed, SETTLE_MS);
  });
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}

/** A setting of ours must not be given by a file as well. */
function withoutFiles(env: NodeJS.ProcessEnv, own: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !Object.hasOwn(own, name.replace(/_FILE$/, ''))));
}

async function dev(teardown: Teardown, rules: string): Promise<void> {
  const redis = await startRedis();
  teardown.add(() => redis.stop());
  const simulator = await startSimulator({ writeVisibilityMs: 50, speed: 10 });
  teardown.add(() => simulator.stop());
  const prefix = uniquePrefix();
  teardown.add(() => removeKeys(redis.url, prefix));
  const [port, secret, adminToken] = [
    await findFreePort(),
    randomBytes(24).toString('base64url'),
    randomBytes(12).toString('hex'),
  ];
  const url = `http://127.0.0.1:${port}`;
  const own = {
    HOST: '127.0.0.1',
    PORT: String(port),
    REDIS_URL: redis.url,
    REDIS_PREFIX: prefix,
    RULES_FILE: rules,
    WEBHOOK_SECRETS: secret,
    ADMIN_TOKEN: adminToken,
    GENESYS_REGION: 'us-east-1',
    GENESYS_API_URL: simulator.url,
    GENESYS_LOGIN_URL: simulator.url,
    GENESYS_CLIENT_ID: simulator.clientId,
    GENESYS_CLIENT_SECRET: simulator.clientSecret,
    SHUTDOWN_DRAIN_SECONDS: '0',
    LOG_FORMAT: process.env.LOG_FORMAT ?? 'pretty',
  };
  const service = spawn(
    process.execPath,
    ['--import', './harness/end-with-parent.ts', '--import', './src/telemetry/register.ts', 'src/main.ts'],
    // A process group of its own: Ctrl-C reaches this process, which ends the service in its turn.
    { cwd: CHECKOUT, env: { ...withoutFiles(process.env, own), ...own }, stdio: ['pipe', 'inherit', 'inherit'], detached: true },
  );
  const exited = once(service, 'close');
  teardown.add(async () => {
    service.kill('SIGTERM');
    await exited;
  });
  const isReady = async () => (await fetch(`${url}/readyz`)).ok;
  await Promise.race([waitUntil(isReady, { what: `${url}/readyz`, timeoutMs: 30_000 }), exited.then(refused)]);
  simulator.setWebhook({ url: `${url}/webhooks/genesys`, secret });
  const stopWatching = onSaved(rules, () => service.kill('SIGHUP'));
  teardown.add(async () => stopWatching());
  console.log(invitation({ url, adminToken, simulatorUrl: simulator.url, redisUrl: redis.url, prefix, rules }));
  await exited;
}

function refused(): never {
  throw new Error('the service did not start; its lines above say why');
}

interface Surroundings {
  readonly url: string;
  readonly adminToken: string;
  readonly simulatorUrl: string;
  readonly redisUrl: string;
  readonly prefix: string;
  readonly rules: string;
}

function invitation({ url, adminToken, simulatorUrl, redisUrl, prefix, rules }: Surroundings): string {
  return `
Everything is up. Ctrl-C ends it and leaves nothing behind.

  rules       ${rules}  (read again when it is saved)
  admin page  ${url}/admin  (any user, password ${adminToken})
  simulator   ${simulatorUrl}  (/simulator/conversations, /simulator/faults; simulator/README.md)
  Redis       ${redisUrl}, prefix ${prefix}

A call, with the pauses of a real one ten times as fast; kinds: in-progress, wrapped-up, abandoned, transferred, waiting:

  curl -sS -X POST -H 'content-type: application/json' -d '{"kind":"wrapped-up"}' ${simulatorUrl}/simulator/calls

Why something did or did not happen: REDIS_URL=${redisUrl} REDIS_PREFIX='${prefix}' npm run why -- CONVERSATION
`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rules: { type: 'string' }, help: { type: 'boolean', default: false } } });
  if (values.help) return console.log(USAGE);
  const teardown = new Teardown();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void teardown.run().then(() => process.exit(0)));
  try {
    await dev(teardown, rulesFile(values.rules));
  } finally {
    await teardown.run();
  }
}

try {
  await main();
} catch (error) {
  console.error(`dev: ${(error as Error).message}`);
  process.exitCode = (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
}
