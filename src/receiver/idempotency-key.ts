import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from './authenticate.ts';

/**
 * The key that a header names, if only the sender can have chosen it: an id that is signed with the body, or the first of `names`
 * that a sender with an API key sent. `null`: there is none. Anybody who records a request can add a header that the signature
 * does not cover. As a key, it would make another event or command a duplicate.
 */
export function idempotencyKeyOf(headers: IncomingHttpHeaders, caller: Caller, names: readonly string[]): string | null {
  const trusted = caller.by === 'api-key' ? names : [caller.signedIdHeader].filter((name) => name !== null);
  for (const name of trusted) {
    const value = headers[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}
