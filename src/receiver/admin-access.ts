import type { IncomingHttpHeaders } from 'node:http';
import { equalDigests, secretDigest } from '../signature/secret-digest.ts';

export type AdminAccess = 'granted' | 'not-authenticated' | 'cross-site';

/**
 * Who may use the admin page: `Authorization: Bearer TOKEN` for programs, or HTTP Basic with any user name and the token as the
 * password, which a browser asks for automatically. There is no session that could be stolen or fixed. A browser sends known
 * credentials with every later request, also with a request that another site triggers. So a request that changes something is
 * refused when the browser reports that it comes from elsewhere.
 *
 * `currentToken` is called for each request, because a reload replaces the token; `null`: nobody has access.
 */
export function createAdminAccess(
  currentToken: () => string | null,
): (method: string, headers: IncomingHttpHeaders) => AdminAccess {
  return (method, headers) => {
    const expected = currentToken();
    const given = tokenOf(headers.authorization ?? '');
    if (expected === null || given === null) return 'not-authenticated';
    if (!equalDigests(secretDigest(given), secretDigest(expected))) return 'not-authenticated';
    const changes = method !== 'GET' && method !== 'HEAD';
    return changes && isCrossSite(headers) ? 'cross-site' : 'granted';
  };
}

/**
 * The person who makes the request, for the log: the user of HTTP Basic, cut to 64 characters. A program with a bearer token has
 * no name.
 */
export function userNameOf({ authorization = '' }: IncomingHttpHeaders): string | null {
  const [, credentials = ''] = /^basic +(\S+)$/i.exec(authorization) ?? [];
  const [user = ''] = Buffer.from(credentials, 'base64').toString('utf8').split(':', 1);
  return user === '' ? null : user.slice(0, 64);
}

function tokenOf(authorization: string): string | null {
  const [, scheme = '', credentials = ''] = /^(bearer|basic) +(\S+)$/i.exec(authorization) ?? [];
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (scheme.toLowerCase() !== 'basic') return null;
  const [, password] = /^[^:]*:(.*)$/s.exec(Buffer.from(credentials, 'base64').toString('utf8')) ?? [];
  return password ?? null;
}

/**
 * As browsers report it: `Sec-Fetch-Site` (https://www.w3.org/TR/fetch-metadata/), or `Origin` if the page came over plain HTTP.
 * A program sends neither.
 */
function isCrossSite({ origin, host, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  return origin !== undefined && !(URL.canParse(origin) && new URL(origin).host === host);
}
