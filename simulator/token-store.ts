import { randomBytes } from 'node:crypto';
import { CODES, PlatformError } from './error-body.ts';
import { SlidingWindow } from './sliding-window.ts';

export interface IssuedToken {
  readonly expiresAt: number;
  /** Requests made with it, for the rate limit. */
  readonly window: SlidingWindow;
}

/** Access tokens of the client-credentials grant. */
export class TokenStore {
  readonly #tokens = new Map<string, IssuedToken>();
  issued = 0;

  issue(expiresInSeconds: number, now: number): string {
    const token = randomBytes(32).toString('base64url');
    this.#tokens.set(token, { expiresAt: now + expiresInSeconds * 1000, window: new SlidingWindow() });
    this.issued += 1;
    return token;
  }

  /** Or 401: `authentication.required` without a bearer token, `bad.credentials` with one that is unknown, expired or revoked. */
  find(authorization: string | undefined, now: number): IssuedToken | PlatformError {
    if (!authorization?.startsWith('Bearer ')) {
      return new PlatformError(
        401,
        CODES.authenticationRequired,
        'No authentication bearer token specified in authorization header.',
      );
    }
    const token = this.#tokens.get(authorization.slice('Bearer '.length));
    return token && token.expiresAt > now ? token : new PlatformError(401, CODES.badCredentials, 'Invalid login credentials.');
  }

  revokeAll(): void {
    this.#tokens.clear();
  }
}
