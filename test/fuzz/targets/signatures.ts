import { createHmac } from 'node:crypto';
import { createSignaturePolicy, type SignedContent } from '../../../src/signature/signature-policy.ts';
import { readCredentials, verifyClaim } from '../../../src/signature/verify-delivery.ts';
import type { Random } from '../../chaos/random.ts';
import { readAllFixtures } from '../../unit/envelopes/fixtures.ts';
import { damageBytes, randomBytes } from '../damage-bytes.ts';
import { type FuzzTarget, mustHold } from '../target.ts';

const SECRETS = ['a first secret of the fuzzer', 'a second secret of the fuzzer'];
const STANDARD_SECRETS = SECRETS.map((secret) => `whsec_${Buffer.from(secret).toString('base64')}`);
const NOW_MS = 1_795_213_800_000;
const TOLERANCE_SECONDS = 300;
const SETTINGS = { secrets: SECRETS, signatureHeader: 'X-Genesys-Signature', toleranceSeconds: TOLERANCE_SECONDS, apiKeys: [] };
const POLICIES = {
  body: createSignaturePolicy({ ...SETTINGS, signedContent: 'body' }),
  'timestamp.body': createSignaturePolicy({ ...SETTINGS, signedContent: 'timestamp.body' }),
  'standard-webhooks': createSignaturePolicy({ ...SETTINGS, secrets: STANDARD_SECRETS, signedContent: 'standard-webhooks' }),
};
const SEEDS = readAllFixtures().map(({ raw }) => raw);
const HEADERS = ['x-genesys-signature', 'x-hub-signature-256'];
const TIMESTAMP = {
  body: 'x-genesys-timestamp',
  'timestamp.body': 'x-genesys-timestamp',
  'standard-webhooks': 'webhook-timestamp',
};
const ID = 'webhook-id';
const STANDARD = 'webhook-signature';
const TOKENS = [
  'sha256=',
  'sha1=',
  '=',
  ',',
  ' ',
  '\0',
  '\r\n',
  '0x',
  '%',
  '+',
  '/',
  '-',
  '_',
  'Ā',
  'é',
  '0'.repeat(64),
  'f'.repeat(128),
];

interface Delivery {
  readonly signedContent: SignedContent;
  headers: Record<string, string>;
  rawBody: Buffer;
}

/** Headers and bytes to a verdict: nothing is thrown, and nothing is let in that is not signed with one of the secrets. */
export const signatures: FuzzTarget = {
  name: 'signatures',
  share: 0.2,
  createTrial(random) {
    const delivery = signedDelivery(random);
    for (let left = random.between(0, 3); left > 0; left -= 1) random.pick(CHANGES)(delivery, random);
    const show = () => JSON.stringify({ ...delivery, rawBody: delivery.rawBody.toString('latin1') });
    return { holds: () => holds(delivery), show };
  },
};

function holds(delivery: Delivery): boolean {
  const policy = POLICIES[delivery.signedContent];
  const credentials = readCredentials(delivery.headers, policy, NOW_MS);
  const { verified } = 'verified' in credentials ? credentials : verifyClaim(credentials, delivery.rawBody, policy);
  mustHold(verified === isSigned(delivery), verified ? 'only what is signed is let in' : 'what is signed is let in');
  return verified;
}

function signedDelivery(random: Random): Delivery {
  const signedContent = random.pick(['body', 'timestamp.body', 'standard-webhooks'] as const);
  const timestamp = String(Math.floor(NOW_MS / 1000) + random.between(-310, 310));
  const id = random.pick(['msg_1', 'é', 'a.b']);
  const rawBody = random.chance(0.1) ? randomBytes(random) : random.pick(SEEDS);
  const hmac = createHmac(random.chance(0.9) ? 'sha256' : random.pick(['sha1', 'sha512', 'md5']), random.pick(SECRETS));
  hmac.update(prefixOf(signedContent, id, timestamp), 'latin1');
  const digest = hmac.update(rawBody).digest(random.pick(['hex', 'base64', 'base64url']));
  const spelled = random.chance(0.1) ? digest.toUpperCase() : digest;
  const times = { [TIMESTAMP[signedContent]]: timestamp, [ID]: id };
  if (signedContent === 'standard-webhooks' && random.chance(0.7)) {
    const value = random.pick([`v1,${spelled}`, `v1a,${spelled} v1,${spelled}`, `v1,${forgedDigest(random)} v1,${spelled}`]);
    return { signedContent, headers: { [STANDARD]: value, ...times }, rawBody };
  }
  const value = random.pick(['', 'sha256=', 'SHA256=']) + spelled;
  return { signedContent, headers: { [random.pick(HEADERS)]: value, ...times }, rawBody };
}

function prefixOf(signedContent: SignedContent, id: string, timestamp: string): string {
  if (signedContent === 'body') return '';
  return signedContent === 'timestamp.body' ? `${timestamp}.` : `${id}.${timestamp}.`;
}

const CHANGES: readonly ((delivery: Delivery, random: Random) => void)[] = [
  (delivery, random) => {
    delivery.rawBody = damageBytes(delivery.rawBody, random, TOKENS);
  },
  ({ headers }, random) => {
    const name = random.pick([...HEADERS, STANDARD, ID, ...Object.values(TIMESTAMP)]);
    headers[name] = damageBytes(Buffer.from(headers[name] ?? '', 'latin1'), random, TOKENS).toString('latin1');
  },
  ({ headers }, random) => {
    const name = random.pick(HEADERS);
    const forged = Array.from({ length: random.between(1, 9) }, () => forgedDigest(random));
    headers[name] = [...forged, ...(random.chance(0.5) ? [headers[name] ?? ''] : [])].join();
  },
  (delivery, random) => {
    delivery.headers = Object.fromEntries(Object.entries(delivery.headers).filter(() => random.chance(0.5)));
  },
  ({ headers }, random) => {
    headers[random.pick(Object.values(TIMESTAMP))] = random.pick([
      String(NOW_MS),
      String(NOW_MS / 1000 - 301),
      String(NOW_MS / 1000 + 299),
      '',
      '0',
      '-1',
      '1e9',
      'NaN',
    ]);
  },
];

function forgedDigest(random: Random): string {
  return createHmac('sha256', 'a secret of somebody else').update(randomBytes(random)).digest('hex');
}

/** The rule as the documentation describes it, written a second time and in another way. */
function isSigned({ signedContent, headers, rawBody }: Delivery): boolean {
  const timestamp = headers[TIMESTAMP[signedContent]] ?? '';
  const id = headers[ID] ?? '';
  if (signedContent !== 'body' && !isRecent(timestamp)) return false;
  if (signedContent === 'standard-webhooks' && id === '') return false;
  const content = Buffer.concat([Buffer.from(prefixOf(signedContent, id, timestamp), 'latin1'), rawBody]);
  const digests = SECRETS.map((secret) => createHmac('sha256', secret).update(content).digest());
  const plain = HEADERS.flatMap((name) => (headers[name] === undefined ? [] : headers[name].split(',').slice(0, 8)));
  const standard = signedContent === 'standard-webhooks' ? versionOne(headers[STANDARD] ?? '') : [];
  const isOurs = (spelling: string) => digests.some((digest) => spells(spelling.trim().replace(/^sha256=/i, ''), digest));
  return [...plain, ...standard].some(isOurs);
}

/** The word after each word `v1` and its comma; words end with a space or a comma. The first eight. */
function versionOne(value: string): string[] {
  const parts = value.split(/([ ,])/);
  const found: string[] = [];
  for (let at = 0; at < parts.length; at += 2) {
    const next = parts[at + 2] ?? '';
    if (parts[at] !== 'v1' || parts[at + 1] !== ',' || next === '') continue;
    found.push(next);
    at += 2;
  }
  return found.slice(0, 8);
}

function isRecent(timestamp: string): boolean {
  if (!/^[0-9]{9,14}$/.test(timestamp)) return false;
  const time = Number(timestamp);
  return Math.abs((time < 1e11 ? time * 1000 : time) - NOW_MS) <= TOLERANCE_SECONDS * 1000;
}

function spells(text: string, digest: Buffer): boolean {
  const base64 = digest.toString('base64');
  const base64url = digest.toString('base64url');
  return (
    text.toLowerCase() === digest.toString('hex') || [base64, base64.slice(0, -1), base64url, `${base64url}=`].includes(text)
  );
}
