import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CHECKOUT } from './checkout.ts';
import type { RedisProgram } from './redis-child.ts';

type ServerName = 'redis-server' | 'valkey-server';

const CACHE = join(CHECKOUT, '.cache', 'redis');
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
export async function unpackRedisPackages(): Promise<RedisProgram> {
  const field = await readOsRelease();
  const family = [field('ID'), ...field('ID_LIKE').split(' ')];
  if (!family.includes('debian') && !family.includes('ubuntu')) throw new Error('this is neither Debian nor Ubuntu');
  const home = join(CACHE, [field('ID'), field('VERSION_ID'), await architecture()].filter((part) => part !== '').join('-'));
  const find = async (root: string) => (await findUnpacked(root, 'redis-server')) ?? findUnpacked(root, 'valkey-server');
  // Debian 13 and Ubuntu 25 have both; older releases have only the first.
  return unpackOnce(home, find, (stage) => download(stage, [['redis-server'], ['valkey-server']]));
}

/**
 * The same for another release of Debian, such as `trixie`: all its packages, its C library among them, from the mirror that
 * this system uses. The server runs with the loader of that release.
 * @throws Error when this is no Debian, or the mirror does not have the release
 */
export async function unpackDebianRelease(
  release: string,
  server: ServerName,
  servers: readonly ServerName[],
): Promise<RedisProgram> {
  const field = await readOsRelease();
  if (field('ID') !== 'debian') throw new Error('this is no Debian');
  const home = join(CACHE, `${release}-${await architecture()}`);
  const { stdout } = await run('apt-get', ['indextargets', '--format', '$(RELEASE) $(REPO_URI)', 'Created-By: Packages']);
  const mirror = new RegExp(`^${field('VERSION_CODENAME')} (\\S+)`, 'm').exec(stdout)?.[1];
  if (mirror === undefined) throw new Error('apt knows no mirror of Debian');
  const find = (root: string) => findWithLoader(root, server);
  return unpackOnce(home, find, async (stage) => {
    await writeFile(join(stage, 'sources.list'), `deb ${mirror} ${release} main\n`);
    await writeFile(join(stage, 'status'), '');
    const onlyThis = [
      `Dir::Etc::sourcelist "${join(stage, 'sources.list')}";`,
      'Dir::Etc::sourceparts "/dev/null";',
      `Dir::State::status "${join(stage, 'status')}";`,
    ];
    await download(stage, [servers], onlyThis);
  });
}

/**
 * What `find` finds in `home`. The first time `fetch` fills a temporary folder: its `root` with files, or its `cache/archives` with
 * packages, and the server is run once, so that a missing library is found here and not in a cache that never works.
 */
export async function unpackOnce(
  home: string,
  find: (root: string) => Promise<RedisProgram | null>,
  fetch: (stage: string) => Promise<unknown>,
): Promise<RedisProgram> {
  const found = await find(home);
  if (found !== null) return found;
  process.stderr.write(`Redis: downloading packages into ${home} (once, about 15 MB) ...\n`);
  await mkdir(CACHE, { recursive: true });
  await removeAbandonedStages(CACHE);
  const stage = await mkdtemp(join(CACHE, 'stage-'));
  try {
    await fetch(stage);
    await extractPackages(stage);
    const staged = await find(join(stage, 'root'));
    if (staged === null) throw new Error('the packages hold no Redis server');
    const [program, ...args] = staged.command;
    await run(program, [...args, '--version'], { env: { ...process.env, ...staged.env } });
    await moveIntoPlace(join(stage, 'root'), home);
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
  return (await find(home)) ?? Promise.reject(new Error(`${home} is gone`));
}

async function readOsRelease(): Promise<(name: string) => string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return (name) => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
}

async function architecture(): Promise<string> {
  const { stdout } = await run('dpkg', ['--print-architecture']);
  return stdout.trim();
}

async function findUnpacked(root: string, name: ServerName): Promise<RedisProgram | null> {
  const server = join(root, 'usr', 'bin', name);
  if (!(await exists(server))) return null;
  const env = { LD_LIBRARY_PATH: (await findLibraryFolders(root)).join(':') };
  return { command: [server], env, source: "the distribution's packages in .cache/redis" };
}

async function findWithLoader(root: string, name: ServerName): Promise<RedisProgram | null> {
  const found = await findUnpacked(root, name);
  if (found === null) return null;
  const folders = await findLibraryFolders(root);
  const names = await Promise.all(folders.map((folder) => readdir(folder)));
  const loader = folders.flatMap((folder, index) =>
    (names[index] ?? []).filter((file) => /^ld-linux.*\.so\.\d+$/.test(file)).map((file) => join(folder, file)),
  )[0];
  if (loader === undefined) throw new Error('the packages hold no loader of programs');
  return { command: [loader, '--library-path', folders.join(':'), ...found.command], env: {}, source: root };
}

/** Multiarch folders, such as `usr/lib/x86_64-linux-gnu`. */
async function findLibraryFolders(root: string): Promise<string[]> {
  const parents = [join(root, 'usr', 'lib'), join(root, 'lib')];
  const names = await Promise.all(parents.map((parent) => readdir(parent).catch(() => [])));
  return parents.flatMap((parent, index) =>
    (names[index] ?? []).filter((name) => name.includes('-linux-')).map((name) => join(parent, name)),
  );
}

/** Downloads the first of the `choices` of packages that apt can download, with their dependencies. */
async function download(
  stage: string,
  choices: readonly (readonly ServerName[])[],
  settings: readonly string[] = [],
): Promise<void> {
  const aptConfig = await writeAptConfig(stage, settings);
  const env = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive', APT_CONFIG: aptConfig };
  const apt = (...args: string[]) => run('apt-get', ['--quiet', '--yes', ...args], { env, maxBuffer: MAX_OUTPUT_BYTES });
  // A third-party source that fails must not matter; the download checks the packages that we need.
  const update = await apt('update').catch((error: Error) => error);
  let failure: unknown;
  for (const names of choices) {
    try {
      await apt('--download-only', '--no-install-recommends', 'install', ...names);
      return;
    } catch (error) {
      failure ??= error;
    }
  }
  const reason = update instanceof Error ? update.message : (failure as Error).message;
  throw new Error(`apt-get could not download ${choices[0]?.join(', ')}: ${reason.trim()}`, { cause: failure });
}

/**
 * apt reads `APT_CONFIG` first, then the system's `apt.conf.d` (kept: it may hold a proxy), then `Dir::Etc::main`. Our file is
 * the last, so that it can remove the hooks that would change the system after an update.
 */
async function writeAptConfig(stage: string, settings: readonly string[]): Promise<string> {
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
    ...settings,
  ];
  await writeFile(main, `${lines.join('\n')}\n`);
  await writeFile(bootstrap, `Dir::Etc::main "${main}";\n`);
  return bootstrap;
}

async function extractPackages(stage: string): Promise<void> {
  const archives = join(stage, 'cache', 'archives');
  const files = await readdir(archives).catch(() => []);
  for (const file of files.filter((name) => name.endsWith('.deb'))) {
    await run('dpkg-deb', ['--extract', join(archives, file), join(stage, 'root')]);
  }
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
