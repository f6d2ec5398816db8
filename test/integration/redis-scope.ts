import { Redis } from 'ioredis';
import pino from 'pino';
import { test as base, inject } from 'vitest';
import { removeKeys, uniquePrefix } from '../../harness/unique-prefix.ts';
import { type ConnectionPurpose, createRedisConnection, type RedisConnection } from '../../src/redis/connection.ts';

export const silent = pino({ level: 'silent' });

/** A corner of the shared Redis that belongs to one test, and is empty and disconnected after it. */
export interface RedisScope {
  readonly url: string;
  readonly prefix: string;
  connect(purpose?: ConnectionPurpose): Promise<RedisConnection>;
  /** Called in reverse order after the test, before its connections are closed. */
  defer(close: () => Promise<unknown>): void;
}

export async function withRedisScope(url: string, use: (scope: RedisScope) => Promise<void>): Promise<void> {
  const prefix = uniquePrefix();
  const connections: RedisConnection[] = [];
  const deferred: (() => Promise<unknown>)[] = [];
  const connect = async (purpose: ConnectionPurpose = 'worker') => {
    const connection = createRedisConnection({ urls: [url], prefix }, purpose, silent);
    connections.push(connection);
    if (connection.status !== 'ready') await new Promise((resolve) => connection.once('ready', resolve));
    return connection;
  };
  try {
    await use({ url, prefix, connect, defer: (close) => void deferred.push(close) });
  } finally {
    for (const close of deferred.reverse()) await close();
    for (const connection of connections) connection.disconnect();
    await removeKeys(url, prefix);
  }
}

/** `test` with a {@link RedisScope} of its own on the Redis of the run. */
export const test = base.extend<{ scope: RedisScope }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the fixtures that this one needs from the pattern
  scope: async ({}, use) => withRedisScope(inject('redisUrl'), use),
});

/** Every key of the scope, for assertions about what is left. */
export async function listKeys({ url, prefix }: RedisScope): Promise<string[]> {
  const redis = new Redis(url);
  const keys: string[] = [];
  for await (const page of redis.scanStream({ match: `${prefix}*`, count: 1_000 })) keys.push(...(page as string[]));
  redis.disconnect();
  return keys;
}
