import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { startRedis, startRedisChild } from '../../../harness/redis.ts';
import { removeKeys, uniquePrefix } from '../../../harness/unique-prefix.ts';
import { waitUntil } from '../../../harness/wait-until.ts';

afterEach(() => vi.unstubAllEnvs());

function connect(url: string): Redis {
  const redis = new Redis(url);
  redis.on('error', () => undefined); // tests kill what it is connected to
  onTestFinished(() => redis.disconnect());
  return redis;
}

async function start(...args: Parameters<typeof startRedisChild>) {
  const child = await startRedisChild(...args);
  onTestFinished(() => child.stop());
  return child;
}

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a Redis of our own', () => {
  it('keeps an append-only file, evicts nothing and listens on loopback only', async () => {
    const redis = connect((await start({ appendFsync: 'always' })).url);
    const settings = await redis.config('GET', 'append*', 'maxmemory-policy', 'bind');
    const config = Object.fromEntries(Array.from({ length: settings.length / 2 }, (_, i) => settings.slice(2 * i, 2 * i + 2)));
    expect(config).toMatchObject({
      appendonly: 'yes',
      appendfsync: 'always',
      'maxmemory-policy': 'noeviction',
      bind: '127.0.0.1',
    });
  });

  it('has its data back after it was killed and restarted on the same port', async () => {
    const child = await start({ appendFsync: 'always' });
    const redis = connect(child.url);
    await redis.set('key', 'value');
    const { pid, url } = child;
    await child.kill();
    expect(runs(pid)).toBe(false);
    await child.restart();
    expect(child.url).toBe(url);
    expect(await redis.get('key')).toBe('value');
  });

  it('answers nothing while it is paused', async () => {
    const child = await start();
    const redis = connect(child.url);
    await redis.ping();
    child.pause();
    let answered = false;
    const answer = redis.ping().then(() => {
      answered = true;
    });
    const other = connect(inject('redisUrl'));
    await other.ping(); // time for an answer, measured by one that does come
    expect(answered).toBe(false);
    child.resume();
    await answer;
  });

  it('is gone with its files when it is stopped, even while it is paused', async () => {
    const child = await startRedisChild();
    child.pause();
    await child.stop();
    expect(runs(child.pid)).toBe(false);
    expect(await isThere(child.dir)).toBe(false);
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)('is gone with its files when its parent ends by %s', async (signal) => {
    const script = fileURLToPath(new URL('redis-parent.ts', import.meta.url));
    const parent = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const { pid, dir } = JSON.parse(String(await once(parent.stdout, 'data')));
    expect(runs(pid)).toBe(true);
    parent.kill(signal);
    await once(parent, 'exit');
    await waitUntil(async () => !runs(pid) && !(await isThere(dir)), { what: 'Redis and its files to be gone' });
  });
});

describe('a Redis that REDIS_URL names', () => {
  it('is used, and left as it is', async () => {
    const url = inject('redisUrl');
    vi.stubEnv('REDIS_URL', url);
    const redis = await startRedis();
    expect(redis).toMatchObject({ url, source: 'REDIS_URL' });
    await redis.stop();
    expect(await connect(url).ping()).toBe('PONG');
  });

  it('is named as the fault when it does not answer', async () => {
    const child = await startRedisChild();
    await child.stop();
    vi.stubEnv('REDIS_URL', child.url);
    await expect(startRedis()).rejects.toThrow('REDIS_URL');
  });
});

describe('removing the keys of a test', () => {
  it('removes all of them and no others', async () => {
    const redis = connect(inject('redisUrl'));
    const [prefix, other] = [uniquePrefix(), uniquePrefix()];
    await redis.mset({ [`${prefix}:a`]: '1', [`${prefix}:b`]: '2', [`${other}:a`]: '3' });
    await removeKeys(inject('redisUrl'), prefix);
    expect(await redis.exists(`${prefix}:a`, `${prefix}:b`)).toBe(0);
    expect(await redis.exists(`${other}:a`)).toBe(1);
    await removeKeys(inject('redisUrl'), other);
  });
});
