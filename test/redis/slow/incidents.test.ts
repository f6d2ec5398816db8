import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { onTestFinished, test } from 'vitest';
import { startFlakyProxy } from '../../../harness/flaky-proxy.ts';
import type { RedisChild } from '../../../harness/redis-child.ts';
import { waitUntil } from '../../../harness/wait-until.ts';
import { startRedis } from '../set-up.ts';
import { startCluster } from '../start-cluster.ts';
import { ask, startPair } from '../start-pair.ts';
import { ENOUGH, startRestricted, USER } from '../start-restricted.ts';
import { withWholeService } from '../whole-service.ts';

/** Longer than a producer and a worker wait for a silent connection. */
const LONG_SILENCE_MS = 12_000;

function adminOf({ url }: RedisChild): Redis {
  const admin = new Redis(url);
  admin.on('error', () => undefined);
  onTestFinished(() => admin.disconnect());
  return admin;
}

test('one Redis is killed, and takes its time to load its file', async () => {
  const slowLoad = { 'key-load-delay': '2000', 'loading-process-events-interval-bytes': '1024' };
  const redis = await startRedis(slowLoad);
  await withWholeService({
    name: 'one Redis: killed, slow to load',
    env: { REDIS_URL: redis.url },
    incident: async ({ untilRefused }) => {
      await redis.kill();
      await untilRefused();
      await redis.restart();
    },
  });
});

test('one Redis is silent for longer than any time-out', async () => {
  const redis = await startRedis();
  await withWholeService({
    name: 'one Redis: silent for 12 s',
    env: { REDIS_URL: redis.url },
    incident: async ({ untilRefused }) => {
      redis.pause();
      await untilRefused();
      await delay(LONG_SILENCE_MS);
      redis.resume();
    },
  });
});

test('one Redis can not write its snapshot (MISCONF)', async () => {
  const redis = await startRedis({ save: '3600 1', 'enable-protected-configs': 'yes' });
  const admin = adminOf(redis);
  await withWholeService({
    name: 'one Redis: MISCONF',
    env: { REDIS_URL: redis.url },
    incident: async ({ untilRefused }) => {
      // A folder of the file's name can't be replaced.
      await mkdir(join(redis.dir, 'folder.rdb', 'full'), { recursive: true });
      await admin.config('SET', 'dbfilename', 'folder.rdb');
      await admin.bgsave();
      await untilRefused();
      await delay(3_000);
      await admin.config('SET', 'save', '');
      await admin.config('SET', 'dbfilename', 'dump.rdb');
      await admin.config('SET', 'stop-writes-on-bgsave-error', 'no');
    },
  });
});

test('Redis loses everything while it is used (FLUSHALL)', async () => {
  const redis = await startRedis();
  const admin = adminOf(redis);
  await withWholeService({
    name: 'one Redis: FLUSHALL',
    env: { REDIS_URL: redis.url },
    losesEverything: true,
    incident: async ({ untilAccepted, processes }) => {
      await admin.flushall();
      await untilAccepted();
      const restored = 'Redis had lost the schedule of the sweeper; it is there again';
      await waitUntil(() => processes.some(({ logs }) => logs.some(({ msg }) => msg === restored)), {
        what: 'the schedule of the sweeper',
        timeoutMs: 60_000,
      });
    },
  });
});

test('a name leads to the new primary, and the old one has become a replica', async () => {
  const { primary, replica } = await startPair();
  const proxy = await startFlakyProxy(primary.port);
  onTestFinished(() => proxy.stop());
  await withWholeService({
    name: 'a name that moves',
    env: { REDIS_URL: `redis://127.0.0.1:${proxy.port}` },
    incident: async () => {
      // As a planned fail-over does: no write is accepted by two.
      await ask(primary, 'CLIENT', 'PAUSE', '1000', 'WRITE');
      const offsetOf = async (server: RedisChild) =>
        /master_repl_offset:(\d+)/.exec(await ask(server, 'INFO', 'replication'))?.[1];
      await waitUntil(async () => (await offsetOf(primary)) === (await offsetOf(replica)), { what: 'the replica to follow' });
      await ask(replica, 'REPLICAOF', 'NO', 'ONE');
      proxy.redirect(replica.port);
      await ask(primary, 'REPLICAOF', '127.0.0.1', String(replica.port));
    },
  });
});

test('the user lacks a permission for a while', async () => {
  const { admin, env } = await startRestricted(ENOUGH);
  await withWholeService({
    name: 'restricted user: lost permission',
    env,
    kind: 'refused',
    incident: async ({ untilRefused }) => {
      await admin.call('ACL', 'SETUSER', USER.name, '-@write');
      await untilRefused();
      await delay(5_000);
      await admin.call('ACL', 'SETUSER', USER.name, ...ENOUGH);
    },
  });
});

test('the password changes, and a SIGHUP reads it again', async () => {
  const { redis, admin } = await startRestricted(ENOUGH);
  const dir = await mkdtemp(join(tmpdir(), 'hookpatch-secret-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const file = join(dir, 'redis-url');
  const urlWith = (password: string) => redis.url.replace('//', `//${USER.name}:${encodeURIComponent(password)}@`);
  await writeFile(file, urlWith(USER.password));
  await withWholeService({
    name: 'changed password, SIGHUP',
    env: { REDIS_URL_FILE: file },
    incident: async ({ untilRefused, processes }) => {
      await admin.call('ACL', 'SETUSER', USER.name, 'resetpass', '>an/other@one');
      await admin.call('CLIENT', 'KILL', 'USER', USER.name);
      await untilRefused();
      await writeFile(file, urlWith('an/other@one'));
      for (const { pid } of processes) process.kill(pid, 'SIGHUP');
    },
  });
});

test('one URL of a cluster is enough, and its primary is killed', async () => {
  const { primary, other } = await startCluster();
  await withWholeService({
    name: 'Redis Cluster, one URL: killed primary',
    env: { REDIS_URL: other.child.url },
    incident: async ({ untilRefused, untilAccepted }) => {
      await primary.child.kill();
      await untilRefused();
      await untilAccepted();
      await primary.child.restart();
    },
  });
});
