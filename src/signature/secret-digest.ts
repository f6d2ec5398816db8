import { createHash, timingSafeEqual } from 'node:crypto';
import { DIGEST_BYTES } from './decode-signature.ts';

/** SHA-256 of a key or token. All digests have one length, so a comparison does not reveal the length of the original. */
export function secretDigest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** In constant time. `timingSafeEqual` throws on buffers of different lengths, so the length is checked first. */
export function equalDigests(left: Buffer, right: Buffer): boolean {
  return left.length === DIGEST_BYTES && right.length === DIGEST_BYTES && timingSafeEqual(left, right);
}
