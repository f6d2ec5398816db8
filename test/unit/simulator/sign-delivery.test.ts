import { describe, expect, test } from 'vitest';
import { signBody, signDelivery } from '../../../simulator/sign-delivery.ts';

describe('signing a delivery', () => {
  // RFC 4231, test case 2.
  const secret = 'Jefe';
  const body = 'what do ya want for nothing?';
  const hex = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';

  test('the digest is that of the published vector, in every encoding', () => {
    expect(signBody(secret, body)).toBe(hex);
    expect(signBody(secret, body, { encoding: 'base64', prefix: 'sha256=' })).toBe(
      `sha256=${Buffer.from(hex, 'hex').toString('base64')}`,
    );
    expect(signBody(secret, Buffer.from(body), { encoding: 'base64url' })).toBe(Buffer.from(hex, 'hex').toString('base64url'));
  });

  test('the header has the name that is asked for', () => {
    expect(signDelivery(secret, body)).toEqual({ 'X-Genesys-Signature': hex });
    expect(signDelivery(secret, body, { header: 'X-Hub-Signature-256' })).toEqual({ 'X-Hub-Signature-256': hex });
  });

  test('a timestamp is signed before the body and sent beside it', () => {
    expect(signDelivery(secret, body, { signedContent: 'timestamp.body' }, 1_700_000_000_999)).toEqual({
      'X-Genesys-Signature': signBody(secret, `1700000000.${body}`),
      'X-Genesys-Timestamp': '1700000000',
    });
  });
});
