import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CHECKOUT } from './checkout.ts';

/** A Redis server that was unpacked from the distribution's packages. */
export interface UnpackedRedis {
  /** Path of the program. */
  readonly server: string;
  /** For `LD_LIBRARY_PATH`: the libraries from the packages. */
  readonly libraryPath: string;
}

/** Debian 13 and Ubuntu 25 have both; older releases have only the first. */
const PACKAGES = ['redis-server', 'valkey-server'] as const;
const ABANDONED_AFTER_MS = 3_600_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

const run = promisify(execFile);

/**
 * Downloads the distribution's Redis with all dependencies that the system lacks, verified by apt as usual, and unpacks it into
 * `.cache/redis/<distribution>-<version>-<architecture>`. Needs no root and changes nothing else: package lists, download cache
 * and configuration are in a temporary folder of their own.
 * An interrupted run leaves no incomplete cache. Of two runs at once one wins, because the result is renamed into place.
 * @throws Error when this is no Debian or Ubuntu, or apt fails
 */
export async function unpackRedisPackages(): Promise<UnpackedRedis> {
  const cache = join(CHECKOUT, '.cache', 'redis');
  const home = join(cache, await describePlatform());
  const found = await findUnpacked(home);
  if (found !== null) return found;
  process.stderr.write("Redis: downloading the distribution's packages into .cache/redis (once, about 15 MB) ...\n");
  await mkdir(cache, { recursive: true });
  await removeAbandonedStages(cache);
  const stage = await mkdtemp(join(cache, 'stage-'));
  try {
    await download(stage);
    await unpack(stage);
    await moveIntoPlace(join(stage, 'root'), home);
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
  const unpacked = await findUnpacked(home);
  if (unpacked === null) throw new Error('the packages hold no Redis server');
  return unpacked;
}

/** Such as `debian-12-amd64`: packages of another release or architecture would not run. */
async function describePlatform(): Promise<string> {
  const osRelease = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const field = (name: string) => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(osRelease)?.[1] ?? '';
  const family = [field('ID'), ...field('ID_LIKE').split(' ')];
  if (!family.includes('debian') && !family.includes('ubuntu')) throw new Error('this is neither Debian nor Ubuntu');
  const { stdout } = await run('dpkg', ['--print-architecture']);
  return [field('ID'), field('VERSION_ID'), stdout.trim()].filter((part) => part !== '').join('-');
}

async function findUnpacked(root: string): Promise<UnpackedRedis | null> {
  for (const name of PACKAGES) {
    const server = join(root, 'usr', 'bin', name);
    if (await exists(server)) return { server, libraryPath: (await findLibraryFolders(root)).join(':') };
  }
  return null;
}

/** Multiarch folders, such as `usr/lib/x86_64-linux-gnu`. */
async function findLibraryFolders(root: string): Promise<string[]> {
  const parents = [join(root, 'usr', 'lib'), join(root, 'lib')];
  const names = await Promise.all(parents.map((parent) => readdir(parent).catch(() => [])));
  return parents.flatMap((parent, index) =>
    (names[index] ?? []).filter((name) => name.includes('-linux-')).map((name) => join(parent, name)),
  );
}

async function download(stage: string): Promise<void> {
  const env = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive', APT_CONFIG: await writeAptConfig(stage) };
  const apt = (...args: string[]) => run('apt-get', ['--quiet', '--yes', ...args], { env, maxBuffer: MAX_OUTPUT_BYTES });
  // A third-party source that fails must not matter; the download checks the packages that we need.
  const update = await apt('update').catch((error: Error) => error);
  let failure: unknown;
  for (const name of PACKAGES) {
    try {
      await apt('--download-only', '--no-install-recommends', 'install', name);
      return;
    } catch (error) {
      failure ??= error;
    }
  }
  const reason = update instanceof Error ? update.message : (failure as Error).message;
  throw new Error(`apt-get could not download ${PACKAGES[0]}: ${reason.trim()}`, { cause: failure });
}

/**
 * apt reads `APT_CONFIG` first, then the system's `apt.conf.d` (kept: it may hold a proxy), then `Dir::Etc::main`. Our file is
 * the last, so that it can remove the hooks that would change the system after an update.
 */
async function writeAptConfig(stage: string): Promise<string> {
  const main = join(stage, 'main.conf');
  const bootstrap = join(stage, 'bootstrap.conf');
  await mkdir(join(stage, 'lists', 'partial'), { recursive: true });
  await mkdir(join(stage, 'cache', 'archives', 'partial'), { recursive: true });
  const systemMain = '/etc/apt/apt.conf';
  const lines = [
    ...((await exists(systemMain)) ? [`#include "${systemMain}";`] : []),
    '#clear APT::Update::Pre-Invoke;',
    '#clear APT::Update::Post-Invoke;',
    '#clear APT::Update::Post-Invoke-Success;',
    `Dir::State::Lists "${join(stage, 'lists')}/";`,
    `Dir::Cache "${join(stage, 'cache')}/";`,
    `Dir::Cache::archives "${join(stage, 'cache', 'archives')}/";`,
    'Debug::NoLocking "true";', // the system's locks protect files that we do not write
    'APT::Sandbox::User "root";', // apt's own user could not write into the checkout
    'APT::Keep-Downloaded-Packages "true";',
  ];
  await writeFile(main, `${lines.join('\n')}\n`);
  await writeFile(bootstrap, `Dir::Etc::main "${main}";\n`);
  return bootstrap;
}

/** Also runs the server once, so that a missing library is found here and not in a cache that never works. */
async function unpack(stage: string): Promise<void> {
  const archives = join(stage, 'cache', 'archives');
  const root = join(stage, 'root');
  for (const file of (await readdir(archives)).filter((name) => name.endsWith('.deb'))) {
    await run('dpkg-deb', ['--extract', join(archives, file), root]);
  }
  const unpacked = await findUnpacked(root);
  if (unpacked === null) throw new Error('the packages hold no Redis server');
  await run(unpacked.server, ['--version'], { env: { ...process.env, LD_LIBRARY_PATH: unpacked.libraryPath } });
}

async function moveIntoPlace(root: string, home: string): Promise<void> {
  try {
    await rename(root, home);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error; // otherwise another run was faster
  }
}

async function removeAbandonedStages(cache: string): Promise<void> {
  for (const name of (await readdir(cache)).filter((entry) => entry.startsWith('stage-'))) {
    const modified = await stat(join(cache, name)).catch(() => null);
    if (modified === null || Date.now() - modified.mtimeMs < ABANDONED_AFTER_MS) continue;
    await rm(join(cache, name), { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
