import { describe, test } from 'vitest';
import type { RedisProgram } from '../../../harness/redis-child.ts';
import { findRedisVersion, REDIS_VERSIONS } from '../../../harness/redis-versions.ts';
import { clusterCase, restrictedCase, sentinelCase } from '../cases.ts';
import { startCluster } from '../start-cluster.ts';
import { withWholeService } from '../whole-service.ts';

const versions: readonly (readonly [string, RedisProgram | Error])[] = await Promise.all(
  REDIS_VERSIONS.map(async (name) => [name, await findRedisVersion(name).catch((error: Error) => error)] as const),
);

describe.each(versions)('%s', (name, program) => {
  test.for([
    ['as one Redis, with a restricted user', restrictedCase],
    ['with Sentinel', sentinelCase],
    ['as a cluster', async (program: RedisProgram) => clusterCase(await startCluster(program))],
  ] as const)('%s', async ([, open], context) => {
    if (program instanceof Error) return context.skip(`${name} is not run: ${program.message}`);
    const { name: what, ...rest } = await open(program);
    await withWholeService({ ...rest, name: `${name}, ${what}` });
  });
});
