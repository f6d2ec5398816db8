import { describe, expect, it, vi } from 'vitest';
import { failureOf, useClient } from './client-fixture.ts';
import { CONVERSATION } from './stub-platform.ts';

const fixture = useClient();

const get = () => fixture.client.getConversation('c-1');
const sentTokens = () => fixture.stub.apiRequests.map((request) => request.headers.authorization);

/** Moves on until so many tokens may be used. */
async function waitForTokens(count: number): Promise<void> {
  await vi.waitFor(async () => {
    await fixture.clock.advance(500);
    expect(fixture.client.usableTokens()).toBe(count);
  }, 10_000);
}

describe('several tokens', () => {
  it('are fetched one at a time, four seconds apart, client by client', async () => {
    fixture.configure({
      tokensPerClient: 2,
      clients: [
        { id: 'one', secret: 'secret-one' },
        { id: 'two', secret: 'secret-two' },
      ],
    });
    const startedAt = fixture.clock.now();
    const fetchedAt: number[] = [];
    fixture.stub.replyToToken = (_, number) => {
      fetchedAt.push(fixture.clock.now() - startedAt);
      return { body: { access_token: `token-${number}`, expires_in: 86_400 } };
    };
    await fixture.client.obtainToken();
    await waitForTokens(4);
    const basic = fixture.stub.tokenRequests.map(({ headers }) => String(headers.authorization).replace('Basic ', ''));
    expect(basic.map((text) => Buffer.from(text, 'base64').toString().split(':')[0])).toEqual(['one', 'two', 'one', 'two']);
    for (const [index, at] of fetchedAt.entries())
      if (index > 0) expect(at - (fetchedAt[index - 1] ?? 0)).toBeGreaterThanOrEqual(4_000);
  });

  it('are used in turn: the least loaded one is next', async () => {
    fixture.configure({ tokensPerClient: 3, ratePerMinute: 60 });
    await fixture.client.obtainToken();
    await waitForTokens(3);
    await fixture.clock.advance(60_000);
    for (let i = 0; i < 9; i++) await get();
    const counts = [1, 2, 3].map((n) => sentTokens().filter((token) => token === `Bearer token-${n}`).length);
    expect(counts).toEqual([3, 3, 3]);
  });

  it('go on when one is refused for its rate, and the refused call with them', async () => {
    fixture.configure({ tokensPerClient: 2 });
    await fixture.client.obtainToken();
    await waitForTokens(2);
    fixture.stub.replyToApi = (_, number) =>
      number === 1 ? { status: 429, headers: { 'retry-after': '60' } } : { body: CONVERSATION };
    await get();
    await get();
    const [first, ...others] = sentTokens();
    expect(others).toHaveLength(2);
    expect(others).not.toContain(first);
  });

  it('share one budget from the moment that two of them are refused below their own rate', async () => {
    fixture.configure({ tokensPerClient: 3, ratePerMinute: 60 });
    await fixture.client.obtainToken();
    await waitForTokens(3);
    fixture.stub.replyToApi = () => ({ status: 429, headers: { 'retry-after': '40' } });
    expect(await failureOf(get())).toMatchObject({ failure: 'rate-limited', status: 429, retryAt: fixture.clock.now() + 40_000 });
    expect(fixture.stub.apiRequests).toHaveLength(2);
    expect(fixture.client.sharedLimits()).toEqual([{ scope: 'client', ratePerMinute: 60 }]);
    expect(fixture.log.join('')).toContain('share one limit');
    expect(fixture.client.rateBudget('read')).toBe(0);
  });

  it('are replaced by a token of their own after a 401', async () => {
    fixture.configure({ tokensPerClient: 2 });
    await fixture.client.obtainToken();
    await waitForTokens(2);
    fixture.stub.replyToApi = ({ headers }) =>
      ['Bearer token-1', 'Bearer token-2'].includes(String(headers.authorization)) ? { status: 401 } : { body: CONVERSATION };
    await get();
    await get();
    expect(fixture.stub.tokenRequests).toHaveLength(4);
    expect(fixture.stub.apiRequests).toHaveLength(4);
  });

  it('are tried again later when one of them can not be had', async () => {
    fixture.configure({ tokensPerClient: 2 });
    fixture.stub.replyToToken = (_, number) =>
      number === 2 ? { status: 503 } : { body: { access_token: `token-${number}`, expires_in: 86_400 } };
    await fixture.client.obtainToken();
    await vi.waitFor(async () => {
      await fixture.clock.advance(500);
      expect(fixture.log.join('')).toContain('no further access token yet');
    });
    await get();
    await fixture.clock.advance(30_000);
    await waitForTokens(2);
  });
});

describe('the limits of the organisation', () => {
  const limits = (entities: readonly object[]) => ({ body: { entities } });

  it('are asked for, and kept', async () => {
    fixture.configure({ ratePerMinute: 400 });
    fixture.stub.replyToApi = ({ path }) =>
      path.startsWith('/api/v2/organizations/limits')
        ? limits([
            { key: 'org.app.user.rate.per.minute', namespace: 'platform.api', value: 120 },
            { key: 'client.credentials.token.rate.per.minute', namespace: 'platform.api', value: 300 },
            { key: 'request.bytes.max', value: 512_000 },
          ])
        : { body: CONVERSATION };
    await fixture.client.findLimits();
    expect(fixture.client.sharedLimits()).toEqual([{ scope: 'application', ratePerMinute: 120 }]);
    expect(fixture.log.join('')).toContain('fewer requests a minute than GENESYS_RATE_PER_MINUTE');
  });

  it.each([
    { status: 403, body: { code: 'missing.permissions' } },
    { status: 200, body: '<html>' },
    { status: 200, body: { entities: [{ key: 7 }, null] } },
  ])('are not known after %j, and nothing fails', async (reply) => {
    fixture.stub.replyToApi = () => reply;
    await fixture.client.findLimits();
    expect(fixture.client.sharedLimits()).toEqual([]);
  });
});
