import { describe, expect, it, vi } from 'vitest';
import { failureOf, useClient } from './client-fixture.ts';
import { CONVERSATION, type Reply } from './stub-platform.ts';

const fixture = useClient();

const get = () => fixture.client.getConversation('c-1');

function refuseFirst(retryAfter: string | null): void {
  const refused: Reply = {
    status: 429,
    headers: retryAfter === null ? {} : { 'retry-after': retryAfter },
    body: { code: 'too.many.requests.retry.after', contextId: 'c-429' },
  };
  fixture.stub.replyToApi = (_, number) => (number === 1 ? refused : { body: CONVERSATION });
}

describe('429', () => {
  it('waits a short Retry-After inside the call, and sends nothing else meanwhile', async () => {
    refuseFirst('2');
    const refused = get();
    await fixture.clock.timerSet();
    const other = fixture.client.queueExists('q-1');
    await fixture.clock.advance(1_999);
    expect(fixture.stub.apiRequests).toHaveLength(1);
    expect(fixture.client.rateBudget('read')).toBe(0);
    await fixture.clock.advance(1_000);
    expect((await refused).conversation.id).toBe('c-1');
    expect(await other).toBe(true);
    expect(fixture.stub.apiRequests).toHaveLength(3);
  });

  it('repeats a refused write as well', async () => {
    refuseFirst('1');
    const patched = fixture.client.patchAttributes('c-1', 'p-1', { a: '1' }, { version: '7' });
    await fixture.clock.timerSet();
    await fixture.clock.advance(1_100);
    await patched;
    expect(fixture.stub.apiRequests.map((request) => request.headers['if-match'])).toEqual(['7', '7']);
  });

  it.each([
    ['42', 42_000],
    ['21600', 21_600_000],
  ])('refuses every call at once for a Retry-After of %s, until its time', async (retryAfter, delayMs) => {
    refuseFirst(retryAfter);
    const retryAt = fixture.clock.now() + delayMs;
    const first = await failureOf(get());
    expect(first).toMatchObject({
      stage: 'get-conversation',
      failure: 'rate-limited',
      status: 429,
      retryAt,
      correlationId: 'c-429',
    });
    expect(first.code).toBe('too.many.requests.retry.after');
    await fixture.clock.advance(1_000);
    expect(await failureOf(fixture.client.queueExists('q-1'))).toMatchObject({
      stage: 'get-queue',
      failure: 'rate-limited',
      status: null,
      retryAt,
    });
    expect(fixture.stub.apiRequests).toHaveLength(1);
    await fixture.clock.advance(delayMs - 1_000);
    await get();
    expect(fixture.stub.apiRequests).toHaveLength(2);
  });

  it("reads a date by the answer's own clock", async () => {
    fixture.stub.replyToApi = () => ({
      status: 429,
      headers: { 'retry-after': 'Fri, 20 Nov 2026 09:10:00 GMT', date: 'Fri, 20 Nov 2026 09:00:00 GMT' },
    });
    expect(await failureOf(get())).toMatchObject({
      failure: 'rate-limited',
      retryAt: fixture.clock.now() + 600_000,
      code: 'rate.limited',
    });
  });

  it('waits no more than 30 s for one call, however often Genesys refuses it', async () => {
    fixture.stub.replyToApi = () => ({ status: 429, headers: { 'retry-after': '20' } });
    const failed = failureOf(get());
    await fixture.clock.timerSet();
    await fixture.clock.advance(20_000);
    expect(await failed).toMatchObject({ failure: 'rate-limited', retryAt: fixture.clock.now() + 20_000 });
    expect(fixture.stub.apiRequests).toHaveLength(2);
  });

  it('turns calls away that waited for their turn when a long pause begins', async () => {
    fixture.configure({ ratePerMinute: 40 });
    await fixture.client.obtainToken();
    refuseFirst('42');
    const first = failureOf(get());
    const waiting = failureOf(get());
    expect(await first).toMatchObject({ failure: 'rate-limited', status: 429 });
    expect(await waiting).toMatchObject({ failure: 'rate-limited', status: null });
    expect(fixture.stub.apiRequests).toHaveLength(1);
  });

  it('of the token endpoint stops the API calls too', async () => {
    fixture.stub.replyToToken = () => ({ status: 429, headers: { 'retry-after': '42' } });
    expect(await failureOf(get())).toMatchObject({ stage: 'token', failure: 'rate-limited', status: 429 });
    expect(await failureOf(get())).toMatchObject({ stage: 'token', failure: 'rate-limited', status: null });
    expect(fixture.stub.tokenRequests).toHaveLength(1);
  });
});

describe('pacing', () => {
  it('counts token requests, and holds calls until the rate allows them', async () => {
    fixture.configure({ ratePerMinute: 40 });
    expect(fixture.client.rateBudget('read')).toBe(2);
    await get();
    expect(fixture.client.rateBudget('read')).toBe(0);
    const held = get();
    await fixture.clock.timerSet();
    expect(fixture.stub.apiRequests).toHaveLength(1);
    await fixture.clock.advance(2_000);
    await held;
    expect(fixture.stub.apiRequests).toHaveLength(2);
  });

  it('asks for a new token when the old one expired while the call waited for its turn', async () => {
    fixture.configure({ ratePerMinute: 40 });
    fixture.stub.replyToToken = (_, number) => ({
      body: { access_token: `token-${number}`, expires_in: number === 1 ? 1 : 300 },
    });
    await get();
    const held = get();
    await fixture.clock.timerSet();
    await fixture.clock.advance(2_000);
    await vi.waitFor(async () => {
      await fixture.clock.advance(2_000);
      expect(fixture.stub.apiRequests).toHaveLength(2);
    });
    await held;
    expect(fixture.stub.apiRequests.map((request) => request.headers.authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ]);
  });
});
