/** The configuration's own bound, enforced by verification too: a short or empty secret must never verify anything. */
export const MINIMUM_SECRET_BYTES = 16;

const STANDARD_SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/;

/** The bytes of a Standard Webhooks secret, `whsec_` and base64; `null` when it is not such a secret. */
export function standardSecretBytes(secret: string): Buffer | null {
  const [, base64] = STANDARD_SECRET.exec(secret) ?? [];
  return base64 === undefined ? null : Buffer.from(base64, 'base64');
}

export function isStandardSecret(secret: string): boolean {
  return (standardSecretBytes(secret)?.length ?? 0) >= MINIMUM_SECRET_BYTES;
}
