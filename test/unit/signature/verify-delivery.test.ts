import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSignaturePolicy, type SignatureSettings } from '../../../src/signature/signature-policy.ts';
import { readCredentials, verifyClaim } from '../../../src/signature/verify-delivery.ts';

const SECRET = 'correct horse battery staple';
const OTHER_SECRET = 'a secret that rotates out soon';
const NOW_MS = 1_795_213_800_000;
const BODY = Buffer.from('{"topicName":"v2.detail.events.conversation.c1.customer.start"}');

const settings: SignatureSettings = {
  secrets: [SECRET],
  signatureHeader: 'X-Genesys-Signature',
  signedContent: 'body',
  toleranceSeconds: 300,
  apiKeys: [],
};

function verify(headers: IncomingHttpHeaders, overrides: Partial<SignatureSettings> = {}, rawBody: Buffer = BODY) {
  const policy = createSignaturePolicy({ ...settings, ...overrides });
  const credentials = readCredentials(headers, policy, NOW_MS);
  const verification = 'verified' in credentials ? credentials : verifyClaim(credentials, rawBody, policy);
  return verification.verified ? verification.by : verification.code;
}

function digest(content: string | Buffer = BODY, secret = SECRET): Buffer {
  return createHmac('sha256', secret).update(content).digest();
}

const hex = digest().toString('hex');

describe('published vectors', () => {
  test("GitHub's documented example of X-Hub-Signature-256", () => {
    // https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation
    const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
    const secrets = ["It's a Secret to Everybody"];
    const body = Buffer.from('Hello, World!');
    expect(verify({ 'x-hub-signature-256': signature }, { secrets }, body)).toBe('signature');
    expect(verify({ 'x-genesys-signature': signature }, { secrets }, body)).toBe('signature');
  });

  test.each([
    // https://www.rfc-editor.org/rfc/rfc4231#section-4: test cases whose key is UTF-8 text of at least 16 bytes
    ['case 1', '\x0b'.repeat(20), Buffer.from('Hi There'), 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
  ])('RFC 4231 %s', (_name, secret, body, expected) => {
    expect(verify({ 'x-genesys-signature': expected }, { secrets: [secret] }, body)).toBe('signature');
  });
});

describe('Standard Webhooks', () => {
  // https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries: the vector of every library's "sign function" test
  const published = {
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    body: Buffer.from('{"test": 2432232314}'),
    headers: {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    },
  };
  const verifyPublished = (headers: IncomingHttpHeaders, secrets = [published.secret], nowMs = 1_614_265_330_000) => {
    const policy = createSignaturePolicy({ ...settings, signedContent: 'standard-webhooks', secrets });
    const credentials = readCredentials({ ...published.headers, ...headers }, policy, nowMs);
    const verification = 'verified' in credentials ? credentials : verifyClaim(credentials, published.body, policy);
    return verification.verified ? verification.by : verification.code;
  };
  const signature = published.headers['webhook-signature'];

  test.each<[name: string, headers: IncomingHttpHeaders, expected: string]>([
    ['the published vector', {}, 'signature'],
    [
      'a second signature, after that of a secret that rotates out',
      { 'webhook-signature': `v1,${'A'.repeat(43)}= ${signature}` },
      'signature',
    ],
    [
      'an asymmetric signature next to it',
      {
        'webhook-signature': `v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg== ${signature}`,
      },
      'signature',
    ],
    ['another version only', { 'webhook-signature': signature.replace('v1,', 'v2,') }, 'credentials-missing'],
    ['another id', { 'webhook-id': 'msg_another' }, 'signature-mismatch'],
    ['no id', { 'webhook-id': undefined }, 'id-missing'],
    ['another time', { 'webhook-timestamp': '1614265331' }, 'signature-mismatch'],
    ['no time', { 'webhook-timestamp': undefined }, 'timestamp-missing'],
    ['nothing', { 'webhook-signature': undefined }, 'credentials-missing'],
    [
      'the same digest under X-Hub-Signature-256',
      { 'webhook-signature': undefined, 'x-hub-signature-256': signature.slice(3) },
      'signature',
    ],
  ])('%s', (_name, headers, expected) => {
    expect(verifyPublished(headers)).toBe(expected);
  });

  test('a signature that is too old, and secrets that are none', () => {
    expect(verifyPublished({}, [published.secret], 1_614_265_631_000)).toBe('timestamp-out-of-tolerance');
    for (const secret of ['MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_', 'whsec_c2hvcnQ=']) {
      expect(verifyPublished({}, [secret])).toBe('no-usable-secret');
    }
  });
});

describe('spellings of the digest', () => {
  const base64 = digest().toString('base64');
  const base64url = digest().toString('base64url');
  test.each([
    ['hex', hex],
    ['hex in upper case', hex.toUpperCase()],
    ['base64', base64],
    ['base64 without padding', base64.replace('=', '')],
    ['base64url', base64url],
    ['base64url with padding', `${base64url}=`],
  ])('%s, with and without sha256=', (_name, spelling) => {
    expect(verify({ 'x-genesys-signature': spelling })).toBe('signature');
    expect(verify({ 'x-genesys-signature': `sha256=${spelling}` })).toBe('signature');
    expect(verify({ 'x-genesys-signature': `SHA256=${spelling}` })).toBe('signature');
  });

  test('every body has a digest that verifies in each spelling, and in no other', () => {
    const body = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes));
    const encoding = fc.constantFrom('hex' as const, 'base64' as const, 'base64url' as const);
    fc.assert(
      fc.property(body, encoding, fc.nat(), (raw, spelling, at) => {
        const signature = digest(raw).toString(spelling);
        expect(verify({ 'x-genesys-signature': signature }, {}, raw)).toBe('signature');
        const index = at % signature.replace('=', '').length;
        const tampered = signature.slice(0, index) + (signature[index] === 'A' ? 'B' : 'A') + signature.slice(index + 1);
        if (tampered.toLowerCase() === signature.toLowerCase() && spelling === 'hex') return;
        expect(verify({ 'x-genesys-signature': tampered }, {}, raw)).toMatch(/^signature-(malformed|mismatch)$/);
      }),
    );
  });
});

describe('what is refused', () => {
  test('nothing at all', () => {
    expect(verify({})).toBe('credentials-missing');
  });

  test.each([
    ['empty', ''],
    ['truncated', hex.slice(0, 63)],
    ['over-long', `${hex}00`],
    ['of 64 characters that are no hex', 'z'.repeat(64)],
    ['only the prefix', 'sha256='],
    ['of another algorithm', `sha1=${hex}`],
    ['of 100,000 characters', 'a'.repeat(100_000)],
    ['with a spare bit set in its last base64 digit', `${digest().toString('base64').slice(0, 42)}B=`],
    ['mixing base64 and base64url', `${'+'.repeat(21)}${'-'.repeat(21)}A`],
  ])('a signature that is %s', (_name, signature) => {
    expect(verify({ 'x-genesys-signature': signature })).toBe('signature-malformed');
  });

  test('the signature of another secret, of another body, and with one bit flipped', () => {
    expect(verify({ 'x-genesys-signature': digest(BODY, OTHER_SECRET).toString('hex') })).toBe('signature-mismatch');
    expect(verify({ 'x-genesys-signature': hex }, {}, Buffer.concat([BODY, Buffer.from(' ')]))).toBe('signature-mismatch');
    const flipped = digest();
    flipped.writeUInt8(flipped.readUInt8(31) ^ 1, 31);
    expect(verify({ 'x-genesys-signature': flipped.toString('hex') })).toBe('signature-mismatch');
  });

  test.each([
    ['no secret', []],
    ['an empty secret', ['']],
    ['a secret of 15 bytes', ['x'.repeat(15)]],
  ])('everything, with %s', (_name, secrets) => {
    const signature = digest(BODY, secrets[0] ?? '').toString('hex');
    expect(verify({ 'x-genesys-signature': signature }, { secrets })).toBe('no-usable-secret');
  });
});

describe('headers', () => {
  const wrong = digest(BODY, OTHER_SECRET).toString('hex');

  test('a configured header counts, and the default one then does not', () => {
    const signatureHeader = 'X-Relay-Signature';
    expect(verify({ 'x-relay-signature': hex }, { signatureHeader })).toBe('signature');
    expect(verify({ 'x-genesys-signature': hex }, { signatureHeader })).toBe('credentials-missing');
  });

  test('X-Hub-Signature-256 counts beside it, and either is enough', () => {
    expect(verify({ 'x-hub-signature-256': `sha256=${hex}` })).toBe('signature');
    expect(verify({ 'x-genesys-signature': wrong, 'x-hub-signature-256': hex })).toBe('signature');
    expect(verify({ 'x-genesys-signature': hex, 'x-hub-signature-256': wrong })).toBe('signature');
    expect(verify({ 'x-genesys-signature': wrong, 'x-hub-signature-256': wrong })).toBe('signature-mismatch');
  });

  test('a header that was sent twice holds two signatures', () => {
    expect(verify({ 'x-genesys-signature': `${wrong}, ${hex}` })).toBe('signature');
    expect(verify({ 'x-genesys-signature': [wrong, hex] as unknown as string })).toBe('signature');
    expect(verify({ 'x-genesys-signature': `${wrong}, ${wrong}` })).toBe('signature-mismatch');
  });

  test('signatures beyond the eighth are not looked at', () => {
    const flood = `${`${wrong},`.repeat(8)}${hex}`;
    expect(verify({ 'x-genesys-signature': flood })).toBe('signature-mismatch');
  });
});

test('each of several secrets verifies, so that they rotate without a gap', () => {
  const secrets = [OTHER_SECRET, SECRET];
  for (const secret of secrets) {
    expect(verify({ 'x-genesys-signature': digest(BODY, secret).toString('hex') }, { secrets })).toBe('signature');
  }
});

describe('signed timestamps', () => {
  const signed = { signedContent: 'timestamp.body' } as const;

  function withTimestamp(timestamp: string, signedAs = timestamp) {
    const content = Buffer.concat([Buffer.from(`${signedAs}.`), BODY]);
    return verify({ 'x-genesys-signature': digest(content).toString('hex'), 'x-genesys-timestamp': timestamp }, signed);
  }

  test.each([
    ['299 s old', -299_000, 'signature'],
    ['300 s old', -300_000, 'signature'],
    ['301 s old', -301_000, 'timestamp-out-of-tolerance'],
    ['299 s ahead', 299_000, 'signature'],
    ['301 s ahead', 301_000, 'timestamp-out-of-tolerance'],
  ])('%s, in seconds and in milliseconds', (_name, offsetMs, expected) => {
    expect(withTimestamp(String(NOW_MS + offsetMs))).toBe(expected);
    expect(withTimestamp(String((NOW_MS + offsetMs) / 1000))).toBe(expected);
    expect(withTimestamp(new Date(NOW_MS + offsetMs).toISOString())).toBe(expected);
  });

  test.each([
    '',
    'now',
    '1e9',
    '-1795213800',
    '1795213800.5',
    '2026-11-20 22:30:00',
    '2026-13-20T22:30:00Z',
    `${NOW_MS}, ${NOW_MS}`,
    '9'.repeat(400),
  ])('the timestamp %j is malformed', (timestamp) => {
    expect(withTimestamp(timestamp)).toBe('timestamp-malformed');
  });

  test('a timestamp that is missing or was not the one signed', () => {
    expect(verify({ 'x-genesys-signature': hex }, signed)).toBe('timestamp-missing');
    expect(withTimestamp(String(NOW_MS), String(NOW_MS - 1))).toBe('signature-mismatch');
  });

  test('the body alone is signed under no header, so that a delivery cannot be replayed by choosing the other one', () => {
    const headers = { 'x-hub-signature-256': hex, 'x-genesys-timestamp': String(NOW_MS) };
    expect(verify(headers, signed)).toBe('signature-mismatch');
  });

  test('a timestamp that nothing signs is not looked at', () => {
    expect(verify({ 'x-genesys-signature': hex, 'x-genesys-timestamp': 'garbage' })).toBe('signature');
  });
});

describe('API keys', () => {
  const apiKeys = ['first-api-key', 'second, with a comma'];

  test.each(apiKeys)('%j is known', (apiKey) => {
    expect(verify({ 'x-api-key': apiKey }, { apiKeys })).toBe('api-key');
  });

  test.each(['', 'first-api-ke', 'first-api-key ', 'FIRST-API-KEY'])('%j is not', (apiKey) => {
    expect(verify({ 'x-api-key': apiKey }, { apiKeys })).toBe('api-key-unknown');
  });

  test('an empty one in the configuration lets nobody in', () => {
    expect(verify({ 'x-api-key': '' }, { apiKeys: [''] })).toBe('api-key-unknown');
  });

  test('one that is unknown does not spoil a signature', () => {
    expect(verify({ 'x-api-key': 'unknown', 'x-genesys-signature': hex }, { apiKeys })).toBe('signature');
  });
});

test('no headers, however odd, make verification throw', () => {
  const timed = ['x-genesys-timestamp', 'webhook-timestamp', 'webhook-id', 'webhook-signature'];
  const names = fc.constantFrom('x-genesys-signature', 'x-hub-signature-256', 'x-api-key', ...timed);
  const headers = fc.dictionary(names, fc.oneof(fc.string({ unit: 'binary' }), fc.array(fc.string(), { maxLength: 3 })));
  fc.assert(
    fc.property(
      headers,
      fc.constantFrom('body' as const, 'timestamp.body' as const, 'standard-webhooks' as const),
      (sent, signedContent) => {
        expect(verify(sent as IncomingHttpHeaders, { signedContent, apiKeys: ['key'] })).not.toBe('signature');
      },
    ),
  );
});
