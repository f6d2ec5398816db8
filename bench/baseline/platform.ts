import { Pool } from 'undici';

/** An answer that is no success. */
export class PlatformAnswer extends Error {
  override readonly name = 'PlatformAnswer';
  readonly status: number;
  /** `null` unless the answer said how long to wait. */
  readonly retryAfterMs: number | null;

  constructor(status: number, retryAfterMs: number | null) {
    super(`the platform answered ${status}`);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface Conversation {
  readonly version?: number;
  readonly participants: readonly { readonly id: string; readonly purpose: string; readonly endTime?: string }[];
}

/** As many connections as hookpatch opens at its highest rate. */
const CONNECTIONS = 256;
/** A token is replaced a minute before it expires. */
const EARLY_MS = 60_000;

export interface Platform {
  getConversation(conversationId: string): Promise<Conversation>;
  patchAttributes(conversationId: string, participantId: string, attributes: object, version?: number): Promise<void>;
}

/** The Platform API by undici's pool, with one cached token. */
export function openPlatform(origin: string, clientId: string, clientSecret: string): Platform {
  const pool = new Pool(origin, { connections: CONNECTIONS, pipelining: 1, allowH2: false });
  let token: Promise<{ authorization: string; expiresAt: number }> | null = null;

  const fetchToken = async () => {
    const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
    const headers = { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded' };
    const body = 'grant_type=client_credentials';
    const answer = await pool.request({ method: 'POST', path: '/oauth/token', headers, body });
    if (answer.statusCode !== 200) throw await failure(answer);
    const { access_token, expires_in } = (await answer.body.json()) as { access_token: string; expires_in: number };
    return { authorization: `Bearer ${access_token}`, expiresAt: Date.now() + expires_in * 1000 - EARLY_MS };
  };

  const authorization = async (): Promise<string> => {
    if (token !== null && (await token).expiresAt < Date.now()) token = null;
    token ??= fetchToken();
    token.catch(() => {
      token = null;
    });
    return (await token).authorization;
  };

  return {
    getConversation: async (conversationId) => {
      const headers = { authorization: await authorization() };
      const answer = await pool.request({ method: 'GET', path: `/api/v2/conversations/${conversationId}`, headers });
      if (answer.statusCode !== 200) throw await failure(answer);
      return (await answer.body.json()) as Conversation;
    },
    patchAttributes: async (conversationId, participantId, attributes, version) => {
      const answer = await pool.request({
        method: 'PATCH',
        path: `/api/v2/conversations/${conversationId}/participants/${participantId}/attributes`,
        headers: {
          authorization: await authorization(),
          'content-type': 'application/json',
          ...(version === undefined ? {} : { 'if-match': String(version) }),
        },
        body: JSON.stringify({ attributes }),
      });
      if (answer.statusCode >= 300) throw await failure(answer);
      await answer.body.dump();
    },
  };
}

async function failure({ statusCode, headers, body }: Awaited<ReturnType<Pool['request']>>): Promise<PlatformAnswer> {
  await body.dump();
  const seconds = Number(headers['retry-after']);
  return new PlatformAnswer(statusCode, Number.isFinite(seconds) ? seconds * 1000 : null);
}
