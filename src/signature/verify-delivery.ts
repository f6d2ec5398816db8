import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { decodeSignature } from './decode-signature.ts';
import { equalDigests, secretDigest } from './secret-digest.ts';
import { parseTimestamp } from './timestamp.ts';

/**
 * Why a delivery was refused; a closed list for logs and spans. The wire answer is the same for all of them:
 * - `no-usable-secret`: it is signed, but no configured secret has at least 16 bytes
 * - `credentials-missing`: neither a signature nor an API key
 * - `timestamp-missing`, `timestamp-malformed`, `timestamp-out-of-tolerance`: only when timestamps are signed
 * - `signature-malformed`: no value spells an HMAC-SHA-256 digest
 * - `signature-mismatch`: no secret produced any of the digests
 * - `api-key-unknown`: no signature, and the API key is none of ours
 */
export type RefusalCode =
  | 'no-usable-secret'
  | 'credentials-missing'
  | 'timestamp-missing'
  | 'timestamp-malformed'
  | 'timestamp-out-of-tolerance'
  | 'signature-malformed'
  | 'signature-mismatch'
  | 'api-key-unknown';

export type Verification =
  | { readonly verified: true; readonly by: 'signature' | 'api-key' }
  | { readonly verified: false; readonly code: RefusalCode };

/** The part of the configuration that verification needs. */
export interface SignatureSettings {
  /** Each is used as UTF-8; one shorter than 16 bytes is never used. */
  readonly secrets: readonly string[];
  readonly signatureHeader: string;
  readonly signedContent: 'body' | 'timestamp.body';
  /** How far the timestamp may be off, either way, the bound included. */
  readonly toleranceSeconds: number;
  readonly apiKeys: readonly string[];
}

/** What verification keeps ready between deliveries. Holds secrets: never log it. */
export interface SignaturePolicy {
  readonly keys: readonly KeyObject[];
  readonly headerNames: readonly string[];
  readonly signsTimestamp: boolean;
  readonly toleranceMs: number;
  readonly apiKeyDigests: readonly Buffer[];
}

/** What a sender sent. Header names are in lower case, as Node gives them. */
export interface SignedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly rawBody: Buffer;
}

/** The configuration's own bound, held here too: a short or empty secret must never verify anything. */
const MINIMUM_SECRET_BYTES = 16;
/** Of Open Messaging and GitHub; always accepted beside the configured header. */
const HUB_SIGNATURE_HEADER = 'x-hub-signature-256';
const TIMESTAMP_HEADER = 'x-genesys-timestamp';
const API_KEY_HEADER = 'x-api-key';
/** A sender that rotates secrets sends a few signatures; more only cost us comparisons. */
const MAXIMUM_SIGNATURES = 8;

export function createSignaturePolicy(settings: SignatureSettings): SignaturePolicy {
  const usable = settings.secrets.filter((secret) => Buffer.byteLength(secret) >= MINIMUM_SECRET_BYTES);
  return {
    keys: usable.map((secret) => createSecretKey(secret, 'utf8')),
    headerNames: [...new Set([settings.signatureHeader.toLowerCase(), HUB_SIGNATURE_HEADER])],
    signsTimestamp: settings.signedContent === 'timestamp.body',
    toleranceMs: settings.toleranceSeconds * 1000,
    apiKeyDigests: settings.apiKeys.filter((key) => key !== '').map(secretDigest),
  };
}

/**
 * Whether a delivery comes from someone who knows a secret. Looks at headers and raw bytes only; pure.
 *
 * Any signature header that verifies is enough, and so is a known API key. Where timestamps are signed, they are
 * signed under every header: a delivery can't leave the replay protection by choosing the other header.
 */
export function verifyDelivery(request: SignedRequest, policy: SignaturePolicy, nowMs: number): Verification {
  const apiKey = request.headers[API_KEY_HEADER];
  if (typeof apiKey === 'string' && isKnownApiKey(apiKey, policy)) return { verified: true, by: 'api-key' };
  const values = signatureValues(request.headers, policy.headerNames);
  if (values.length === 0) return refused(apiKey === undefined ? 'credentials-missing' : 'api-key-unknown');
  if (policy.keys.length === 0) return refused('no-usable-secret');
  const fault = policy.signsTimestamp ? timestampFault(request.headers[TIMESTAMP_HEADER], policy.toleranceMs, nowMs) : null;
  if (fault !== null) return refused(fault);
  return verifySignatures(values, request, policy);
}

function verifySignatures(values: readonly string[], request: SignedRequest, policy: SignaturePolicy): Verification {
  const candidates = values.map(decodeSignature).filter((digest) => digest !== null);
  if (candidates.length === 0) return refused('signature-malformed');
  let matches = 0;
  // No early exit: the time taken tells nothing about which secret or which signature matched.
  for (const key of policy.keys) {
    const expected = signatureOf(request, key, policy.signsTimestamp);
    for (const candidate of candidates) matches += equalDigests(candidate, expected) ? 1 : 0;
  }
  return matches > 0 ? { verified: true, by: 'signature' } : refused('signature-mismatch');
}

function signatureOf({ headers, rawBody }: SignedRequest, key: KeyObject, signsTimestamp: boolean): Buffer {
  const hmac = createHmac('sha256', key);
  if (signsTimestamp) hmac.update(`${String(headers[TIMESTAMP_HEADER])}.`);
  return hmac.update(rawBody).digest();
}

/** Node joins a header that is sent twice with a comma, which no spelling of a digest contains. */
function signatureValues(headers: IncomingHttpHeaders, names: readonly string[]): string[] {
  const values: string[] = [];
  for (const name of names) {
    const header = headers[name];
    if (header === undefined) continue;
    const text = typeof header === 'string' ? header : header.join(',');
    values.push(...text.split(',', MAXIMUM_SIGNATURES));
  }
  return values;
}

function timestampFault(header: string | string[] | undefined, toleranceMs: number, nowMs: number): RefusalCode | null {
  if (header === undefined) return 'timestamp-missing';
  const timestampMs = typeof header === 'string' ? parseTimestamp(header) : null;
  if (timestampMs === null) return 'timestamp-malformed';
  return Math.abs(nowMs - timestampMs) > toleranceMs ? 'timestamp-out-of-tolerance' : null;
}

/** Keys differ in length, so their digests are compared: of equal length, and nothing of the key shows in the time taken. */
function isKnownApiKey(apiKey: string, policy: SignaturePolicy): boolean {
  const digest = secretDigest(apiKey);
  let matches = 0;
  for (const known of policy.apiKeyDigests) matches += equalDigests(digest, known) ? 1 : 0;
  return matches > 0;
}

function refused(code: RefusalCode): Verification {
  return { verified: false, code };
}
