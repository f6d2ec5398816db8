import type { RedisConnection } from './connection.ts';
import { defineScript } from './define-script.ts';
import { createKeys } from './keys.ts';

const FRESH_MS = 1_000;
const KEPT_SECONDS = 60;

/**
 * Whether Redis accepts a write under our prefix at this moment. At most one probe is sent a second, for any number of callers.
 * `redis` is of the purpose `producer`, so that the result is known within a second.
 */
export function createProbe(redis: RedisConnection, prefix: string): () => Promise<boolean> {
  const write = defineScript(redis, new URL('./probe.lua', import.meta.url));
  const key = createKeys(prefix).probe;
  let asked: { readonly at: number; readonly works: Promise<boolean> } | null = null;
  return () => {
    if (redis.status !== 'ready') return Promise.resolve(false);
    if (asked !== null && performance.now() - asked.at < FRESH_MS) return asked.works;
    const works = write([key], [KEPT_SECONDS]).then(
      () => true,
      () => false,
    );
    asked = { at: performance.now(), works };
    return works;
  };
}
