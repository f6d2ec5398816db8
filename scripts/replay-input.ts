import { readFile } from 'node:fs/promises';

/** A mistake in how `replay` was called; the message says what to do. */
export class ReplayError extends Error {
  override readonly name = 'ReplayError';
}

/**
 * The bytes of the file, as they are: what is signed and sent must not be changed by reading it.
 *
 * @throws ReplayError when there is no such file, it is no JSON, or it holds several events and `oneEvent` is asked for
 */
export async function readPayload(file: string, oneEvent: boolean): Promise<Uint8Array> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new ReplayError(error.code === 'ENOENT' ? `there is no file ${file}` : `${file} can't be read: ${error.message}`);
  });
  let payload: unknown;
  try {
    payload = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new ReplayError(`${file} is no JSON: ${(error as Error).message}`);
  }
  if (oneEvent && Array.isArray(payload) && payload.length !== 1) {
    throw new ReplayError(`--new-id is for one event, and ${file} holds an array of ${payload.length}`);
  }
  return bytes;
}

/** @throws ReplayError when neither names a secret */
export function secretFrom(option: string | undefined, env: Readonly<Record<string, string | undefined>>): string {
  const secret = option ?? env.WEBHOOK_SECRETS?.split(',')[0]?.trim();
  if (secret) return secret;
  throw new ReplayError('no secret: give --secret, or set WEBHOOK_SECRETS to what the service has');
}
