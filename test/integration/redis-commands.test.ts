import type { Writable } from 'node:stream';
import { Command, Redis } from 'ioredis';
import { describe, expect } from 'vitest';
import '../../src/redis/connection.ts';
import { test } from './redis-scope.ts';

/** `src/redis` replaces some functions of ioredis: this is what its commands must do all the same. */
describe('a command of ioredis', () => {
  test('makes no closure in the executor of its promise', () => {
    expect(String((Command.prototype as unknown as { initPromise: unknown }).initPromise)).toContain('withResolvers');
  });

  test('transforms arguments and replies, and rejects with what Redis says', async ({ scope }) => {
    const redis = await scope.connect('producer');
    const key = `${scope.prefix}:x`;
    expect(await redis.hset(key, { a: 1, b: 'two' })).toBe(2);
    expect(await redis.hgetall(key)).toEqual({ a: '1', b: 'two' });
    expect(await redis.hgetBuffer(key, 'b')).toEqual(Buffer.from('two'));
    await expect(redis.lpush(key, 'x')).rejects.toThrow('WRONGTYPE');
    expect(await redis.multi().incr(`${key}:n`).get(`${key}:n`).exec()).toEqual([
      [null, 1],
      [null, '1'],
    ]);
  });

  test('leaves at the end of the turn with the others of a worker, and at once where a sender waits', async ({ scope }) => {
    const waitingIn = async (purpose: 'worker' | 'producer') => {
      const redis = await scope.connect(purpose);
      const replies = [redis.set(`${scope.prefix}:y`, purpose), redis.get(`${scope.prefix}:y`)];
      const waiting = (redis as unknown as { stream: Writable }).stream.writableCorked;
      return { waiting, replies: await Promise.all(replies) };
    };
    expect(await waitingIn('worker')).toEqual({ waiting: 1, replies: ['OK', 'worker'] });
    expect(await waitingIn('producer')).toEqual({ waiting: 0, replies: ['OK', 'producer'] });
  });

  test('rejects when it has no reply in time', async () => {
    const hangs = new Command('get', ['x']);
    hangs.setTimeout(1);
    await expect(hangs.promise).rejects.toThrow('Command timed out');
    expect(hangs.isSettled).toBe(true);
  });

  test('is not refused for a time in which the process stood still', async ({ scope }) => {
    const redis = (await scope.connect()) as Redis;
    let closed = 0;
    redis.on('close', () => {
      closed += 1;
    });
    Object.assign(redis.options, { socketTimeout: 100, commandTimeout: 100 });
    const reply = redis.ping();
    const until = performance.now() + 300;
    while (performance.now() < until);
    expect(await reply).toBe('PONG');
    expect(closed).toBe(0);
  });

  test('is refused when Redis stays silent', async ({ scope }) => {
    const redis = new Redis(scope.url, { socketTimeout: 60, maxRetriesPerRequest: 0, retryStrategy: () => null });
    scope.defer(async () => redis.disconnect());
    redis.on('error', () => undefined);
    await expect(redis.blpop(`${scope.prefix}:nothing`, 0)).rejects.toThrow('Connection is closed');
  });

  test('calls back, where it was given a function', async () => {
    const reply = Promise.withResolvers<unknown>();
    const command = new Command('get', ['x'], { replyEncoding: 'utf8' }, (error, value) => reply.resolve(error ?? value));
    command.resolve(Buffer.from('value'));
    expect(await reply.promise).toBe('value');
  });
});
