import { createSecretKey, type KeyObject } from 'node:crypto';
import { MINIMUM_SECRET_BYTES, standardSecretBytes } from './secret-bytes.ts';
import { secretDigest } from './secret-digest.ts';

/**
 * The signed content: the raw body, `timestamp.body` with the timestamp of `X-Genesys-Timestamp`, or `id.timestamp.body` as in
 * Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 */
export type SignedContent = 'body' | 'timestamp.body' | 'standard-webhooks';

/** The part of the configuration that verification needs. */
export interface SignatureSettings {
  /** Each is used as UTF-8, or as `whsec_` and base64 with Standard Webhooks; a secret shorter than 16 bytes is never used. */
  readonly secrets: readonly string[];
  readonly signatureHeader: string;
  readonly signedContent: SignedContent;
  /** How far the timestamp may be off in either direction, inclusive. */
  readonly toleranceSeconds: number;
  readonly apiKeys: readonly string[];
}

/** The prepared state that verification keeps between deliveries. It holds secrets: never log it. */
export interface SignaturePolicy {
  readonly keys: readonly KeyObject[];
  readonly headerNames: readonly string[];
  /** The header that writes a version before each digest; `null`: none. */
  readonly versionedHeader: string | null;
  /** `null`: no timestamp is signed. */
  readonly timestampHeader: string | null;
  /** The header with a signed id, which is also the idempotency key; `null`: no id is signed. */
  readonly idHeader: string | null;
  readonly toleranceMs: number;
  readonly apiKeyDigests: readonly Buffer[];
}

/** Of Open Messaging and GitHub; always accepted in addition to the configured header. */
const HUB_SIGNATURE_HEADER = 'x-hub-signature-256';

const SCHEMES: Readonly<Record<SignedContent, Pick<SignaturePolicy, 'versionedHeader' | 'timestampHeader' | 'idHeader'>>> = {
  body: { versionedHeader: null, timestampHeader: null, idHeader: null },
  'timestamp.body': { versionedHeader: null, timestampHeader: 'x-genesys-timestamp', idHeader: null },
  'standard-webhooks': {
    versionedHeader: 'webhook-signature',
    timestampHeader: 'webhook-timestamp',
    idHeader: 'webhook-id',
  },
};

export function createSignaturePolicy(settings: SignatureSettings): SignaturePolicy {
  const scheme = SCHEMES[settings.signedContent];
  const names = [scheme.versionedHeader, settings.signatureHeader.toLowerCase(), HUB_SIGNATURE_HEADER];
  const bytesOf = settings.signedContent === 'standard-webhooks' ? standardSecretBytes : utf8Bytes;
  const secrets = settings.secrets.map(bytesOf).filter((bytes) => bytes !== null && bytes.length >= MINIMUM_SECRET_BYTES);
  return {
    ...scheme,
    keys: secrets.flatMap((bytes) => (bytes === null ? [] : createSecretKey(bytes))),
    headerNames: [...new Set(names.filter((name) => name !== null))],
    toleranceMs: settings.toleranceSeconds * 1000,
    apiKeyDigests: settings.apiKeys.filter((key) => key !== '').map(secretDigest),
  };
}

/** The policy of settings whose secrets and keys may be replaced while the process runs. */
export function createLivePolicy(settings: SignatureSettings): () => SignaturePolicy {
  let { secrets, apiKeys } = settings;
  let policy = createSignaturePolicy(settings);
  return () => {
    if (settings.secrets === secrets && settings.apiKeys === apiKeys) return policy;
    ({ secrets, apiKeys } = settings);
    policy = createSignaturePolicy(settings);
    return policy;
  };
}

function utf8Bytes(secret: string): Buffer {
  return Buffer.from(secret, 'utf8');
}
