import { readFileSync } from 'node:fs';
import type { RedisConnection } from './connection.ts';
import { defineScriptText, type Script } from './define-script.ts';

/** Whose turn it is to write, as a value of Redis: whoever takes over changes it. */
export interface Fence {
  readonly key: string;
  /** The value while the writer may write. */
  readonly token: string;
}

/** Another owner has taken over; nothing was written. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
  readonly code = 'fenced';

  constructor() {
    super('another process has taken over; nothing was written');
  }
}

export type FencedScript = (fence: Fence | null, ...input: Parameters<Script>) => Promise<unknown>;

/**
 * The script in `file`, which checks the fence in the same step: an owner that was replaced writes nothing, however late it wakes
 * up. Without a fence it is the script as it is.
 * @throws FencedError
 */
export function defineFencedScript(redis: RedisConnection, file: URL): FencedScript {
  const lua = readFileSync(file, 'utf8');
  const open = defineScriptText(redis, lua);
  const fenced = defineScriptText(redis, readFileSync(new URL('./fence.lua', import.meta.url), 'utf8') + lua);
  return async (fence, keys, args) => {
    if (fence === null) return open(keys, args);
    try {
      return await fenced([...keys, fence.key], [...args, fence.token]);
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('FENCED')) throw new FencedError();
      throw error;
    }
  };
}
