import { Command } from 'ioredis';
import { describe, expect } from 'vitest';
import '../../src/redis/connection.ts';
import { test } from './redis-scope.ts';

/** Sources of ioredis are replaced in one place (`src/redis/commands-apart.ts`): this is what its commands must do all the same. */
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

  test('rejects when it has no reply in time', async () => {
    const hangs = new Command('get', ['x']);
    hangs.setTimeout(1);
    await expect(hangs.promise).rejects.toThrow('Command timed out');
    expect(hangs.isSettled).toBe(true);
  });

  test('calls back, where it was given a function', async () => {
    const reply = Promise.withResolvers<unknown>();
    const command = new Command('get', ['x'], { replyEncoding: 'utf8' }, (error, value) => reply.resolve(error ?? value));
    command.resolve(Buffer.from('value'));
    expect(await reply.promise).toBe('value');
  });
});
