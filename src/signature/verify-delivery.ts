import { createHmac, type KeyObject } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { decodeSignature } from './decode-signature.ts';
import { equalDigests, secretDigest } from './secret-digest.ts';
import type { SignaturePolicy } from './signature-policy.ts';
import { parseTimestamp } from './timestamp.ts';

/**
 * Why a request was refused; a closed list for logs and spans. The response is the same for all:
 * - `no-usable-secret`: the request is signed, but no configured secret has at least 16 bytes
 * - `credentials-missing`: neither a signature nor an API key
 * - `timestamp-missing`, `timestamp-malformed`, `timestamp-out-of-tolerance`: only when timestamps are signed
 * - `id-missing`: only when ids are signed (Standard Webhooks)
 * - `signature-malformed`: no value encodes an HMAC-SHA-256 digest
 * - `signature-mismatch`: no secret produced any of the digests; the only one that needs the body
 * - `api-key-unknown`: no signature, and the API key is not ours
 */
export type RefusalCode =
  | 'no-usable-secret'
  | 'credentials-missing'
  | 'timestamp-missing'
  | 'timestamp-malformed'
  | 'timestamp-out-of-tolerance'
  | 'id-missing'
  | 'signature-malformed'
  | 'signature-mismatch'
  | 'api-key-unknown';

export type Verification =
  | { readonly verified: true; readonly by: 'signature' | 'api-key' }
  | { readonly verified: false; readonly code: RefusalCode };

/** Signatures that are well formed and in time, and the content that they must sign: `signedPrefix` and then the body. */
export interface SignatureClaim {
  readonly by: 'signature';
  readonly digests: readonly Buffer[];
  readonly signedPrefix: string;
}

export type Credentials = SignatureClaim | Verification;

const API_KEY_HEADER = 'x-api-key';
/** A sender that rotates secrets sends a few signatures; more would only cost comparisons. */
const MAXIMUM_SIGNATURES = 8;

/**
 * Verifies with the headers alone: a known API key verifies the request, a missing or unusable credential refuses it, and a
 * signature is a claim that {@link verifyClaim} checks once the body is read. Pure. Header names are in lower case, as Node gives
 * them.
 *
 * One valid signature header is enough, and so is a known API key. If timestamps are signed, they are signed under every header:
 * a delivery can't avoid the replay protection by choosing the other header.
 */
export function readCredentials(headers: IncomingHttpHeaders, policy: SignaturePolicy, nowMs: number): Credentials {
  const apiKey = headers[API_KEY_HEADER];
  if (typeof apiKey === 'string' && isKnownApiKey(apiKey, policy)) return { verified: true, by: 'api-key' };
  const values = signatureValues(headers, policy);
  if (values.length === 0) return refused(apiKey === undefined ? 'credentials-missing' : 'api-key-unknown');
  if (policy.keys.length === 0) return refused('no-usable-secret');
  const { timestampHeader, idHeader } = policy;
  const timestamp = timestampHeader === null ? null : headers[timestampHeader];
  const unusable = timestamp === null ? null : timestampRefusal(timestamp, policy.toleranceMs, nowMs);
  if (unusable !== null) return refused(unusable);
  const id = idHeader === null ? null : headers[idHeader];
  if (id === undefined || id === '') return refused('id-missing');
  const digests = values.map(decodeSignature).filter((digest) => digest !== null);
  if (digests.length === 0) return refused('signature-malformed');
  return { by: 'signature', digests, signedPrefix: [id, timestamp].map((part) => (part === null ? '' : `${part}.`)).join('') };
}

/** Whether one of the claimed signatures is one of ours over this body. */
export function verifyClaim({ digests, signedPrefix }: SignatureClaim, rawBody: Buffer, policy: SignaturePolicy): Verification {
  let matches = 0;
  // No early exit, so that the time taken does not reveal which secret or which signature matched.
  for (const key of policy.keys) {
    const expected = signatureOf(signedPrefix, rawBody, key);
    for (const digest of digests) matches += equalDigests(digest, expected) ? 1 : 0;
  }
  return matches > 0 ? { verified: true, by: 'signature' } : refused('signature-mismatch');
}

function signatureOf(signedPrefix: string, rawBody: Buffer, key: KeyObject): Buffer {
  const hmac = createHmac('sha256', key);
  // The original bytes: Node reads header values as latin1.
  if (signedPrefix !== '') hmac.update(signedPrefix, 'latin1');
  return hmac.update(rawBody).digest();
}

/** Node joins a header that is sent twice with a comma, which no encoding of a digest contains. */
function signatureValues(headers: IncomingHttpHeaders, { headerNames, versionedHeader }: SignaturePolicy): string[] {
  const values: string[] = [];
  for (const name of headerNames) {
    const header = headers[name];
    if (header === undefined) continue;
    const text = typeof header === 'string' ? header : header.join(',');
    values.push(...(name === versionedHeader ? versionedValues(text) : text.split(',', MAXIMUM_SIGNATURES)));
  }
  return values;
}

/** `v1,<base64> v1,<base64>`, as in Standard Webhooks; signatures with other versions are ignored. */
function versionedValues(text: string): string[] {
  return [...text.matchAll(/(?:^|[ ,])v1,([^ ,]+)/g)].slice(0, MAXIMUM_SIGNATURES).map(([, value = '']) => value);
}

function timestampRefusal(header: string | string[] | undefined, toleranceMs: number, nowMs: number): RefusalCode | null {
  if (header === undefined) return 'timestamp-missing';
  const timestampMs = typeof header === 'string' ? parseTimestamp(header) : null;
  if (timestampMs === null) return 'timestamp-malformed';
  return Math.abs(nowMs - timestampMs) > toleranceMs ? 'timestamp-out-of-tolerance' : null;
}

/**
 * Keys differ in length, so their digests are compared: these have equal length, and the time taken reveals nothing of the key.
 */
function isKnownApiKey(apiKey: string, policy: SignaturePolicy): boolean {
  const digest = secretDigest(apiKey);
  let matches = 0;
  for (const known of policy.apiKeyDigests) matches += equalDigests(digest, known) ? 1 : 0;
  return matches > 0;
}

function refused(code: RefusalCode): { readonly verified: false; readonly code: RefusalCode } {
  return { verified: false, code };
}
