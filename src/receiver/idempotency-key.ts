import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from './authenticate.ts';

/**
 * The key that a header names, where nobody but the sender can have chosen it: an id that is signed with the body, or any of
 * `names` (the first that is there) from a sender with an API key. `null`: there is none. A header that a signature does not cover can
 * be added by whoever records the request; taken for a key, it would make another event or command a duplicate.
 */
export function idempotencyKeyOf(headers: IncomingHttpHeaders, caller: Caller, names: readonly string[]): string | null {
  const trusted = caller.by === 'api-key' ? names : [caller.signedIdHeader].filter((name) => name !== null);
  for (const name of trusted) {
    const value = headers[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}
