import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { RedisConnection } from '../redis/connection.ts';
import type { RedisKeys } from '../redis/keys.ts';

const SECRET_BYTES = 32;

/**
 * The key of the hashes of addresses: random, made once for a prefix, and stored next to the stories so that every process has
 * the same. As a key object, because preparing the key for each hash would take ten times as long as the hash.
 */
export function createAddressSecret(redis: RedisConnection, keys: RedisKeys): () => Promise<KeyObject> {
  let known: KeyObject | null = null;
  return async () => {
    if (known !== null) return known;
    await redis.set(keys.storySecret, randomBytes(SECRET_BYTES).toString('base64url'), 'NX');
    const stored = (await redis.get(keys.storySecret)) ?? '';
    const secret = Buffer.from(stored, 'base64url');
    if (secret.length !== SECRET_BYTES) throw new Error('the key of the address hashes is damaged');
    known = createSecretKey(secret);
    return known;
  };
}
