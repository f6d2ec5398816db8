import { once } from 'node:events';
import type { Config } from '../../src/config/config.ts';
import { maskUrls } from '../../src/config/mask.ts';
import { clientDigest } from '../../src/genesys/access-token.ts';
import { sharedTokensLimit } from '../../src/genesys/pacing/shared-limits.ts';
import { createRedisConnection, type RedisConnection } from '../../src/redis/connection.ts';
import { createKeys } from '../../src/redis/keys.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { type Finding, ok, unknown, wrong } from './finding.ts';

const CONNECT_TIMEOUT_MS = 3_000;

const SETTINGS = [
  { name: 'maxmemory-policy', wanted: 'noeviction', risk: 'Redis may throw away events that were accepted' },
  { name: 'appendonly', wanted: 'yes', risk: 'a restart of Redis may lose events that were accepted' },
] as const;

/** Whether Redis responds, its two settings that keep events, when an event last came, and whether tokens share a limit. */
export async function checkRedis({ redis, genesys }: Pick<Config, 'redis' | 'genesys'>): Promise<readonly Finding[]> {
  const connection = createRedisConnection(redis, 'producer', createLogger('silent'));
  try {
    await once(connection, 'ready', { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) });
    const settings = await Promise.all(SETTINGS.map((setting) => checkSetting(connection, setting)));
    return [
      ok('Redis', 'responds'),
      ...settings,
      await checkSources(connection, redis.prefix),
      ...(await checkTokens(connection, redis.prefix, genesys)),
    ];
  } catch (error) {
    const reason = error instanceof Error && error.name !== 'AbortError' ? error.message : 'no response in time';
    const where = maskUrls(redis.urls.join(','));
    return [wrong('Redis', `${where}: ${reason}`, 'check REDIS_URL, and that Redis is reachable from here')];
  } finally {
    connection.disconnect();
  }
}

async function checkSetting(connection: RedisConnection, { name, wanted, risk }: (typeof SETTINGS)[number]): Promise<Finding> {
  const about = `Redis ${name}`;
  try {
    const [, found] = (await connection.call('CONFIG', 'GET', name)) as string[];
    return found === wanted ? ok(about, wanted) : wrong(about, `${found}: ${risk}`, `set ${name} to ${wanted}`);
  } catch {
    return unknown(about, 'this Redis does not show its settings', `make sure that ${name} is ${wanted}`);
  }
}

const MINUTE_MS = 60_000;

async function checkSources(connection: RedisConnection, prefix: string): Promise<Finding> {
  const seen = await connection.hgetall(createKeys(prefix).lastSeen);
  const lines = Object.entries(seen).map(([source, at]) => `${source} ${describeAge(Date.now() - Number(at))} ago`);
  if (lines.length > 0) return ok('last event', lines.join(', '));
  return unknown('last event', 'none came yet', 'place a test call when everything else is ok');
}

/** A limit that several tokens share is found by 429s, and kept in Redis for a day after the last request. */
async function checkTokens(connection: RedisConnection, prefix: string, genesys: Config['genesys']): Promise<readonly Finding[]> {
  if (genesys === null) return [];
  const keys = createKeys(prefix);
  const names = genesys.clients.map((client) => keys.limit(sharedTokensLimit(clientDigest(client))));
  const ceilings = await Promise.all(names.map((name) => connection.hget(name, 'ceiling')));
  const shared = ceilings.flatMap((ceiling, index) => (ceiling === null ? [] : [{ ceiling, position: index + 1 }]));
  if (shared.length === 0) return [ok('tokens', `${genesys.tokensPerClient} of each client; none is known to share a limit`)];
  return shared.map(({ ceiling, position }) =>
    wrong(
      'tokens',
      `those of client ${position} of ${genesys.clients.length} share one limit of ${ceiling} requests a minute`,
      'more tokens of this client are of no use: give hookpatch a client of its own, or list more clients in GENESYS_CLIENT_ID',
    ),
  );
}

function describeAge(ms: number): string {
  return ms < 2 * MINUTE_MS ? `${Math.max(0, Math.round(ms / 1_000))} s` : `${Math.round(ms / MINUTE_MS)} min`;
}
