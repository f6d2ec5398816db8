import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RedisConnection } from './connection.ts';

/** A Lua script as a function. */
export type Script = (keys: readonly string[], args: readonly (string | number | Buffer)[]) => Promise<unknown>;

/**
 * The script in `file`, sent by its hash (EVALSHA). It is sent in full only if Redis does not have it yet: the first time, after
 * a restart, on a node that was promoted. ioredis's `defineCommand` is not used, because its pipelines copy every defined
 * command.
 */
export function defineScript(redis: RedisConnection, file: URL): Script {
  return defineScriptText(redis, readFileSync(file, 'utf8'));
}

/** The same for the text of a script. */
export function defineScriptText(redis: RedisConnection, lua: string): Script {
  const sha = hash('sha1', lua);
  return async (keys, args) => {
    try {
      return await redis.evalsha(sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return redis.eval(lua, keys.length, ...keys, ...args);
    }
  };
}
