import { createHmac } from 'node:crypto';

export type DigestEncoding = 'hex' | 'base64' | 'base64url';

/**
 * The variants of signing in the field; Open Messaging, for example, is base64 with the prefix `sha256=` in
 * `X-Hub-Signature-256`.
 */
export interface SignatureStyle {
  /** Default `X-Genesys-Signature`. */
  readonly header?: string;
  /** Default `hex`. */
  readonly encoding?: DigestEncoding;
  /** Before the digest; default none. */
  readonly prefix?: '' | 'sha256=';
  /** `timestamp.body` signs `<epoch seconds>.<body>` and sends the time as `X-Genesys-Timestamp`. Default `body`. */
  readonly signedContent?: 'body' | 'timestamp.body';
}

/** HMAC-SHA-256 over the bytes, with the secret's UTF-8 bytes as key. */
export function signBody(
  secret: string,
  bytes: string | Uint8Array,
  { encoding = 'hex', prefix = '' }: Pick<SignatureStyle, 'encoding' | 'prefix'> = {},
): string {
  return prefix + createHmac('sha256', secret).update(bytes).digest(encoding);
}

/** The headers of a signed delivery of `body`. */
export function signDelivery(
  secret: string,
  body: string | Uint8Array,
  style: SignatureStyle = {},
  now = Date.now(),
): Record<string, string> {
  const header = style.header ?? 'X-Genesys-Signature';
  if (style.signedContent !== 'timestamp.body') return { [header]: signBody(secret, body, style) };
  const timestamp = String(Math.floor(now / 1000));
  const signed = Buffer.concat([Buffer.from(`${timestamp}.`), Buffer.from(body)]);
  return { [header]: signBody(secret, signed, style), 'X-Genesys-Timestamp': timestamp };
}
