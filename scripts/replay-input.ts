import { readFile } from 'node:fs/promises';
import { type Renewal, renewPayload } from './renew-payload.ts';

/** A mistake in how `replay` was called; the message says what to do. */
export class ReplayError extends Error {
  override readonly name = 'ReplayError';
}

/**
 * The bytes of the file as they are, because what is signed must not be changed by reading it; with a `renewal`, its
 * events made new.
 *
 * @throws ReplayError when there is no such file, or it is no JSON
 */
export async function readPayload(file: string, renewal: Renewal | null): Promise<Uint8Array> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new ReplayError(error.code === 'ENOENT' ? `there is no file ${file}` : `${file} can't be read: ${error.message}`);
  });
  let payload: unknown;
  try {
    payload = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new ReplayError(`${file} is no JSON: ${(error as Error).message}`);
  }
  return renewal === null ? bytes : Buffer.from(JSON.stringify(renewPayload(payload, renewal)));
}

/** @throws ReplayError when neither names a secret */
export function secretFrom(option: string | undefined, env: Readonly<Record<string, string | undefined>>): string {
  const secret = option ?? env.WEBHOOK_SECRETS?.split(',')[0]?.trim();
  if (secret) return secret;
  throw new ReplayError('no secret: give --secret, or set WEBHOOK_SECRETS to what the service has');
}
