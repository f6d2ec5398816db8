import { expect, onTestFinished, test } from 'vitest';
import { startFlakyProxy } from '../../../harness/flaky-proxy.ts';
import { startSentinelChild } from '../../../harness/redis.ts';
import { ServiceEndedError, startService } from '../../../harness/service-process.ts';
import { prefix, startRedis } from '../set-up.ts';
import { startCluster } from '../start-cluster.ts';
import { addUser, ENOUGH, startRestricted } from '../start-restricted.ts';
import { openService } from '../whole-service.ts';

/** URLs with which the service must not start, and what it reports. */
const REFUSED: readonly [string, () => Promise<string>, RegExp][] = [
  ['a database that is not there', async () => `${(await startRedis({ databases: '4' })).url}/9`, /no database of that number/],
  ['a database of a cluster', async () => `${(await startCluster()).urls[0]}/3`, /a Redis Cluster has database 0 only/],
  ['a raw % in the password', async () => 'redis://user:pass%zz@127.0.0.1:6379', /REDIS_URL/],
  ['an unknown parameter', async () => 'redis://127.0.0.1:6379?maxRetriesPerRequest=0', /REDIS_URL/],
  ['a Sentinel', openSentinel, /this is a Sentinel and no Redis; write redis\+sentinel:/],
  [
    'a user without scripts',
    async () => restrictedTo('+@all', '-@scripting'),
    /may not run scripts .*~\{hookpatch\}:\* \+@all -@dangerous/,
  ],
  [
    'a user who may not ask a cluster for its slots',
    openClusterWithoutSlots,
    /may not ask the cluster for its slots .*-@dangerous \+cluster/,
  ],
  ['a user without a command', async () => restrictedTo('+@all', '-zadd'), /may not run zadd; .*\+@all -@dangerous/],
];

async function openSentinel(): Promise<string> {
  const sentinel = await startSentinelChild((await startRedis()).port);
  onTestFinished(() => sentinel.stop());
  return sentinel.url;
}

/** As on Redis 6.2, where the commands of a cluster are dangerous ones. */
async function openClusterWithoutSlots(): Promise<string> {
  const { nodes } = await startCluster();
  const urls = await Promise.all(nodes.map(({ child }) => addUser(child, ...ENOUGH, '-cluster')));
  return urls.join(',');
}

async function restrictedTo(...rights: readonly string[]): Promise<string> {
  return (await startRestricted([`~${prefix}:*`, ...rights])).env.REDIS_URL;
}

test.each(REFUSED)('the service does not start with %s, and says so in a sentence', async (_, open, sentence) => {
  const { env } = await openService({});
  const failure = await startService({ env: { ...env, REDIS_URL: await open() }, until: 'listening' }).catch(
    (error: Error) => error,
  );
  expect(failure).toBeInstanceOf(ServiceEndedError);
  const { exit, output } = failure as ServiceEndedError;
  expect(exit).toEqual({ code: 1, signal: null });
  expect(output).toMatch(sentence);
  expect(output.split('\n').filter((line) => !line.startsWith('{'))).toHaveLength(2);
  expect(output).not.toMatch(/pass%zz|p%40ss|p@ss|maxRetries/);
});

test('a Redis that was away at the start and is a node of a cluster ends the process, which the next start uses as one', async () => {
  const proxy = await startFlakyProxy(1);
  onTestFinished(() => proxy.stop());
  const { env } = await openService({ REDIS_URL: `redis://127.0.0.1:${proxy.port}`, ROLE: 'receiver' });
  const service = await startService({ env, until: 'listening' });
  onTestFinished(async () => void (await service.kill()));
  const { primary } = await startCluster();
  proxy.redirect(primary.child.port);
  expect(await service.exited).toEqual({ code: 1, signal: null });
  expect(service.logs.find(({ level }) => level === 'fatal')?.faults).toEqual([
    expect.stringContaining('a node of a Redis Cluster'),
  ]);
  const next = await startService({ env: { ...env, REDIS_URL: primary.child.url } });
  expect(await next.stop()).toEqual({ code: 0, signal: null });
});
