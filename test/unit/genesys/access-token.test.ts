import { describe, expect, it, vi } from 'vitest';
import { CLIENT_SECRET, failureOf, useClient } from './client-fixture.ts';
import { CONVERSATION } from './stub-platform.ts';

const fixture = useClient();

const get = () => fixture.client.getConversation('c-1');
const sentTokens = () => fixture.stub.apiRequests.map((request) => request.headers.authorization);
const token = (value: string, expiresInSeconds: number) => ({ body: { access_token: value, expires_in: expiresInSeconds } });

describe('access token', () => {
  it('is asked for once by client credentials, however many calls wait for it', async () => {
    await Promise.all(Array.from({ length: 50 }, get));
    const [request, ...others] = fixture.stub.tokenRequests;
    expect(others).toEqual([]);
    expect(request).toMatchObject({ method: 'POST', path: '/oauth/token', body: 'grant_type=client_credentials' });
    expect(request?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(request?.headers.authorization).toBe(`Basic ${Buffer.from(`client-id:${CLIENT_SECRET}`).toString('base64')}`);
    expect(sentTokens()).toEqual(Array.from({ length: 50 }, () => 'Bearer token-1'));
  });

  it('is obtained for readiness without an API call', async () => {
    expect(fixture.client.hasToken()).toBe(false);
    await fixture.client.obtainToken();
    expect(fixture.client.hasToken()).toBe(true);
    expect(fixture.stub.apiRequests).toEqual([]);
  });

  it('counts as obtained when it expires in a quiet time, but not when Genesys refuses it and gives no other', async () => {
    await fixture.client.obtainToken();
    await fixture.clock.advance(100_000_000);
    expect(fixture.client.hasToken()).toBe(true);
    await get();
    fixture.stub.replyToApi = () => ({ status: 401 });
    fixture.stub.replyToToken = () => ({ status: 401, body: { error: 'invalid_client' } });
    expect(await failureOf(get())).toMatchObject({ stage: 'token', status: 401 });
    expect(fixture.client.hasToken()).toBe(false);
  });

  it('is replaced in the background before it expires, while calls go on with the old one', async () => {
    fixture.stub.replyToToken = (_, number) => token(`token-${number}`, 100);
    await get();
    await fixture.clock.advance(89_000);
    await get();
    expect(fixture.stub.tokenRequests).toHaveLength(1);
    await fixture.clock.advance(2_000);
    await get();
    await vi.waitFor(() => expect(fixture.stub.tokenRequests).toHaveLength(2));
    await vi.waitFor(async () => {
      await get();
      expect(sentTokens().at(-1)).toBe('Bearer token-2');
    });
    expect(sentTokens().slice(0, 3)).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-1']);
    expect(fixture.stub.tokenRequests).toHaveLength(2);
  });

  it('stays in use until it expires when its replacement fails, and the replacement is tried again', async () => {
    fixture.stub.replyToToken = (_, number) => (number === 2 ? { status: 503 } : token(`token-${number}`, 100));
    await get();
    await fixture.clock.advance(91_000);
    await get();
    await vi.waitFor(() => expect(fixture.log.join('')).toContain('going on with the old one'));
    await get();
    expect(fixture.stub.tokenRequests).toHaveLength(2);
    await fixture.clock.advance(3_000);
    await get();
    await vi.waitFor(() => expect(fixture.stub.tokenRequests).toHaveLength(3));
    expect(sentTokens().slice(0, 4)).toEqual(Array.from({ length: 4 }, () => 'Bearer token-1'));
  });

  it('is fetched anew when it has expired, also when it lives for seconds only', async () => {
    fixture.stub.replyToToken = (_, number) => token(`token-${number}`, 2);
    await get();
    await fixture.clock.advance(2_000);
    await get();
    expect(sentTokens()).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it('is replaced once when Genesys refuses it, and every call that was refused is repeated once', async () => {
    fixture.stub.replyToApi = ({ headers }) =>
      headers.authorization === 'Bearer token-1' ? { status: 401, body: { code: 'bad.credentials' } } : { body: CONVERSATION };
    await Promise.all(Array.from({ length: 20 }, get));
    expect(fixture.stub.tokenRequests).toHaveLength(2);
    expect(fixture.stub.apiRequests).toHaveLength(40);
  });

  it('repeats a refused write too: a 401 says that it was not done', async () => {
    fixture.stub.replyToApi = (_, number) => (number === 1 ? { status: 401 } : { status: 202 });
    await fixture.client.patchAttributes('c-1', 'p-1', { a: '1' }, { version: null });
    expect(fixture.stub.apiRequests.map((request) => request.body)).toEqual([
      '{"attributes":{"a":"1"}}',
      '{"attributes":{"a":"1"}}',
    ]);
  });

  it('a second 401 is the answer', async () => {
    fixture.stub.replyToApi = () => ({ status: 401, body: { code: 'bad.credentials', message: 'Invalid login credentials.' } });
    expect(await failureOf(get())).toMatchObject({
      stage: 'get-conversation',
      failure: 'http',
      status: 401,
      code: 'bad.credentials',
    });
    expect(fixture.stub.apiRequests).toHaveLength(2);
    expect(fixture.stub.tokenRequests).toHaveLength(2);
    expect(fixture.client.hasToken()).toBe(false);
  });

  it.each([400, 401])('tells of bad credentials answered with %i, without the secret', async (status) => {
    const basic = Buffer.from(`client-id:${CLIENT_SECRET}`).toString('base64');
    const body = { error: 'invalid_client', error_description: `no client with ${CLIENT_SECRET}` };
    fixture.stub.replyToToken = () => ({ status, body });
    const failures = await Promise.all([failureOf(get()), failureOf(get()), failureOf(fixture.client.obtainToken())]);
    for (const failure of failures)
      expect(failure).toMatchObject({ stage: 'token', failure: 'http', status, code: 'invalid_client' });
    const told =
      JSON.stringify(failures.map((failure) => [failure.message, failure, String(failure.cause)])) + fixture.log.join('');
    expect(told).not.toContain(CLIENT_SECRET);
    expect(told).not.toContain(basic);
    expect(fixture.stub.tokenRequests).toHaveLength(1);
    expect(fixture.stub.apiRequests).toEqual([]);
  });

  it('is asked for again by the next call after a failure', async () => {
    fixture.stub.replyToToken = (_, number) => (number === 1 ? { status: 500 } : token('token', 300));
    expect(await failureOf(get())).toMatchObject({ stage: 'token', failure: 'http', status: 500, code: 'http.500' });
    await get();
    expect(sentTokens()).toEqual(['Bearer token']);
  });

  it.each([[undefined], [0], [-5], ['soon'], ['3600']])(
    'is taken with a life of %j, for five minutes where it says none',
    async (life) => {
      fixture.stub.replyToToken = () => ({ body: { access_token: 'abc-value', expires_in: life } });
      await get();
      await get();
      expect(sentTokens()).toEqual(['Bearer abc-value', 'Bearer abc-value']);
      expect(fixture.stub.tokenRequests).toHaveLength(1);
    },
  );

  it.each([
    ['no JSON', '<html>'],
    ['no token', { expires_in: 300 }],
    ['another type', { access_token: 'abc-value', expires_in: 300, token_type: 'mac' }],
    ['a token that would break the header', { access_token: 'abc-value\r\nx: y', expires_in: 300 }],
  ])('refuses an answer with %s, without repeating it', async (_, body) => {
    fixture.stub.replyToToken = () => ({ body });
    const failure = await failureOf(get());
    expect(failure).toMatchObject({ stage: 'token', failure: 'http', status: 200, code: 'response.invalid' });
    expect(failure.message).not.toContain('abc-value');
    expect(fixture.client.hasToken()).toBe(false);
  });

  it('is never asked for twice by a lost connection: the request is a POST', async () => {
    fixture.stub.replyToToken = () => 'drop';
    expect(await failureOf(get())).toMatchObject({
      stage: 'token',
      failure: 'connection',
      code: 'connection.lost',
      status: null,
    });
    expect(fixture.stub.tokenRequests).toHaveLength(1);
  });
});
