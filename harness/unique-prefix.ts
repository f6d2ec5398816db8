import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';

/** A key prefix (and hash tag) that no other test uses. */
export function uniquePrefix(): string {
  return `{t-${randomBytes(6).toString('hex')}}`;
}

/** Deletes every key that starts with `prefix`, and no other key. */
export async function removeKeys(url: string, prefix: string): Promise<void> {
  const redis = new Redis(url);
  try {
    for await (const keys of redis.scanStream({ match: `${escapeGlob(prefix)}*`, count: 1_000 })) {
      if (keys.length > 0) await redis.unlink(...(keys as string[]));
    }
  } finally {
    redis.disconnect();
  }
}

function escapeGlob(text: string): string {
  return text.replaceAll(/[\\*?[\]]/g, '\\$&');
}
