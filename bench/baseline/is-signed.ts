import { createHmac, timingSafeEqual } from 'node:crypto';

/** Whether the header is `sha256=` and the hex HMAC-SHA-256 of the raw body. */
export function isSigned(body: Buffer, header: string | string[] | undefined, secret: string): boolean {
  if (typeof header !== 'string') return false;
  const given = Buffer.from(header.replace('sha256=', ''), 'hex');
  const expected = createHmac('sha256', secret).update(body).digest();
  return given.length === expected.length && timingSafeEqual(given, expected);
}
