/** Bytes of an HMAC-SHA-256. */
export const DIGEST_BYTES = 32;

const HEX = /^[0-9a-fA-F]{64}$/;
/** 43 digits hold 258 bits: the last digit's two spare bits must be zero, so that each digest has one spelling only. */
const BASE64 = /^(?:[A-Za-z0-9+/]{42}|[A-Za-z0-9_-]{42})[AEIMQUYcgkosw048]=?$/;
const PREFIX = /^sha256=/i;

/**
 * The digest that a signature header's value encodes: hex in either case, base64 or base64url with or without padding, each with
 * or without `sha256=`. `null` for any other value, which is then never compared.
 */
export function decodeSignature(value: string): Buffer | null {
  const text = value.trim().replace(PREFIX, '');
  if (HEX.test(text)) return Buffer.from(text, 'hex');
  if (BASE64.test(text)) return Buffer.from(text, 'base64');
  return null;
}
