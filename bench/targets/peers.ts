import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CHECKOUT } from '../../harness/checkout.ts';
import type { ProcessSpec } from '../process/start-process.ts';
import { SECRET } from './target.ts';

/** Other ways to take the same deliveries in, with what npm brings. */
export interface Peer {
  /** With its version. */
  readonly name: string;
  receiver(redisUrl: string): ProcessSpec;
}

const SOURCE = join('bench', 'peers', 'node-red');
/** Node-RED has some hundred packages and is no dependency of hookpatch, so it has a folder of its own. */
const INSTALLED = join('.cache', 'bench-node-red');

/** A flow: HTTP in, one function node that verifies and stores, HTTP response. */
export async function nodeRed(): Promise<Peer> {
  const wanted = await versionIn(join(SOURCE, 'package-lock.json'));
  if ((await installedVersion()) !== wanted) await install();
  return {
    name: `Node-RED ${wanted}`,
    receiver: (redisUrl) => ({
      args: [
        join(INSTALLED, 'node_modules', 'node-red', 'red.js'),
        ...['--settings', join(SOURCE, 'settings.cjs')],
        ...['--userDir', join(INSTALLED, 'user')],
      ],
      env: { REDIS_URL: redisUrl, WEBHOOK_SECRET: SECRET },
    }),
  };
}

/** The baseline's queue, filled by `addBulk`. */
export async function bullmqBulk(): Promise<Peer> {
  const { version } = await readJson(join('node_modules', 'bullmq', 'package.json'));
  return {
    name: `BullMQ ${version} addBulk`,
    receiver: (redisUrl) => ({
      args: ['bench/peers/bullmq-bulk.ts'],
      env: { REDIS_URL: redisUrl, REDIS_PREFIX: '{bullmq-bulk}', WEBHOOK_SECRET: SECRET },
    }),
  };
}

/** @throws Error when npm can't install it, for example without a network */
async function install(): Promise<void> {
  process.stderr.write('installing Node-RED into .cache ... ');
  await mkdir(join(CHECKOUT, INSTALLED, 'user'), { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) {
    await copyFile(join(CHECKOUT, SOURCE, name), join(CHECKOUT, INSTALLED, name));
  }
  const args = ['ci', '--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund', '--silent'];
  const [code] = await once(spawn('npm', args, { cwd: join(CHECKOUT, INSTALLED), stdio: 'ignore' }), 'exit');
  if (code !== 0) throw new Error(`npm could not install Node-RED (exit code ${code})`);
}

async function versionIn(lockFile: string): Promise<string> {
  const { packages } = await readJson(lockFile);
  return String(packages?.['node_modules/node-red']?.version);
}

async function installedVersion(): Promise<string | null> {
  try {
    return String((await readJson(join(INSTALLED, 'node_modules', 'node-red', 'package.json'))).version);
  } catch {
    return null;
  }
}

interface PackageFile {
  readonly version?: string;
  readonly packages?: Readonly<Record<string, { readonly version?: string }>>;
}

async function readJson(path: string): Promise<PackageFile> {
  return JSON.parse(await readFile(join(CHECKOUT, path), 'utf8')) as PackageFile;
}
