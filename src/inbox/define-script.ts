import { readFileSync } from 'node:fs';
import type { Cluster, Redis } from 'ioredis';

/** A Lua script as a function; sent by its hash, and in full only where Redis does not know it yet. */
export type Script = (keys: readonly string[], args: readonly (string | number | Buffer)[]) => Promise<unknown>;

/** Registers `<file>` of this folder as the command `name` of the client. */
export function defineScript(redis: Redis | Cluster, name: string, file: string): Script {
  redis.defineCommand(name, { lua: readFileSync(new URL(file, import.meta.url), 'utf8') });
  const command = Reflect.get(redis, name) as (...args: unknown[]) => Promise<unknown>;
  return (keys, args) => command.call(redis, keys.length, ...keys, ...args);
}
