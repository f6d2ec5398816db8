import { createServer } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import type { GenesysCall } from '../../../src/genesys/genesys-client.ts';
import { failureOf, useClient } from './client-fixture.ts';
import { CONVERSATION, type Reply } from './stub-platform.ts';

const fixture = useClient();
const NO_VERSION = { version: null };

const get = () => fixture.client.getConversation('c-1');
const patch = () => fixture.client.patchAttributes('c-1', 'p-1', { tier: 'platinum' }, NO_VERSION);
const answerWith = (reply: Reply) => {
  fixture.stub.replyToApi = () => reply;
};

/** A loopback port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('calls', () => {
  it('fetches a conversation, and says when it asked', async () => {
    expect(await get()).toEqual({ conversation: CONVERSATION, version: null, requestedAt: fixture.clock.now() });
    expect(fixture.stub.apiRequests[0]).toMatchObject({ method: 'GET', path: '/api/v2/conversations/c-1', body: '' });
    expect(fixture.stub.apiRequests[0]?.headers).not.toHaveProperty('content-type');
  });

  it('reads a conversation of hundreds of participants whole', async () => {
    const participants = Array.from({ length: 2_000 }, (_, i) => ({ id: `p-${i}`, purpose: 'agent', name: 'n'.repeat(500) }));
    answerWith({ body: { ...CONVERSATION, participants } });
    expect((await get()).conversation.participants).toHaveLength(2_000);
  });

  it.each([
    ['the ETag as it was sent', { etag: 'W/"7"' }, { version: 3 }, 'W/"7"'],
    ['a numeric version', {}, { version: 7 }, '7'],
    ['a version in text', {}, { version: 'v7' }, 'v7'],
    ['nothing for a version that no header can carry', {}, { version: 'a\r\nb' }, null],
    ['nothing for a version of another type', {}, { version: { number: 7 } }, null],
  ])('takes %s for If-Match', async (_, headers, fields, version) => {
    answerWith({ headers, body: { ...CONVERSATION, ...fields } });
    expect((await get()).version).toBe(version);
  });

  it('patches attributes, and answers what Genesys echoes', async () => {
    answerWith({ status: 202 });
    expect(await patch()).toBeNull();
    answerWith({ status: 200, body: { attributes: { tier: 'platinum', count: 7 } } });
    expect(await fixture.client.patchAttributes('c-1', 'p-1', { tier: 'platinum' }, { version: '"7"' })).toEqual({
      tier: 'platinum',
    });
    const [first, second] = fixture.stub.apiRequests;
    expect(first).toMatchObject({ method: 'PATCH', path: '/api/v2/conversations/c-1/participants/p-1/attributes' });
    expect(first?.body).toBe('{"attributes":{"tier":"platinum"}}');
    expect(first?.headers['content-type']).toBe('application/json');
    expect(first?.headers).not.toHaveProperty('if-match');
    expect(second?.headers['if-match']).toBe('"7"');
  });

  it('patches a wrap-up code with nothing beside it', async () => {
    answerWith({ status: 202 });
    await fixture.client.patchWrapup('c-1', 'p-1', { code: 'w-1', notes: 'done' }, { version: '7' });
    expect(fixture.stub.apiRequests[0]).toMatchObject({ method: 'PATCH', path: '/api/v2/conversations/c-1/participants/p-1' });
    expect(fixture.stub.apiRequests[0]?.body).toBe('{"wrapup":{"code":"w-1","notes":"done"}}');
    expect(fixture.stub.apiRequests[0]?.headers['if-match']).toBe('7');
  });

  it('lists the wrap-up codes that have an id and a name', async () => {
    answerWith({ body: [{ id: 'w-1', name: 'Sale', division: {} }, { id: 'w-2' }, null] });
    expect(await fixture.client.listWrapupCodes('c-1', 'p-1')).toEqual([{ id: 'w-1', name: 'Sale' }]);
    expect(fixture.stub.apiRequests[0]?.path).toBe('/api/v2/conversations/c-1/participants/p-1/wrapupcodes');
  });

  it.each([
    [{ kind: 'queue', queueId: 'q-1' } as const, 'replace/queue', { queueId: 'q-1', transferType: 'Unattended' }],
    [{ kind: 'user', userId: 'u-1' } as const, 'replace/agent', { userId: 'u-1', transferType: 'Unattended' }],
    [{ kind: 'address', address: 'tel:+1' } as const, 'transfer', { address: 'tel:+1', transferType: 'Unattended' }],
    [
      { kind: 'contact', contactId: 'x-1', phoneType: 'work' } as const,
      'replace/contact/external',
      { contactId: 'x-1', phoneType: 'work', transferType: 'Unattended' },
    ],
  ])('replaces a participant: %j', async (destination, endpoint, body) => {
    answerWith({ status: 202 });
    await fixture.client.replaceParticipant('c-1', 'p-1', destination, 'Unattended', { version: '7' });
    const [request] = fixture.stub.apiRequests;
    expect(request).toMatchObject({ method: 'POST', path: `/api/v2/conversations/c-1/participants/p-1/${endpoint}` });
    expect(JSON.parse(request?.body ?? '')).toEqual(body);
    expect(request?.headers['if-match']).toBe('7');
  });

  it('knows whether a queue exists', async () => {
    expect(await fixture.client.queueExists('q-1')).toBe(true);
    answerWith({ status: 404, body: { code: 'not.found' } });
    expect(await fixture.client.queueExists('q-2')).toBe(false);
    answerWith({ status: 403 });
    expect(await failureOf(fixture.client.queueExists('q-3'))).toMatchObject({ stage: 'get-queue', status: 403 });
  });

  it('keeps the path of a proxy in the configured address', async () => {
    fixture.configure({ apiUrl: `${fixture.stub.url}/proxy` });
    await get();
    expect(fixture.stub.apiRequests[0]?.path).toBe('/proxy/api/v2/conversations/c-1');
  });

  it.each(['', '.', '..', '../users/me', 'a/b', 'a?b', 'a#b', 'a%2fb', 'a b', 'a\r\nb', 'ä', 'x'.repeat(129)])(
    'sends nothing for the id %j',
    async (id) => {
      const failures = await Promise.all([
        failureOf(fixture.client.getConversation(id)),
        failureOf(fixture.client.queueExists(id)),
        failureOf(fixture.client.patchAttributes('c-1', id, {}, NO_VERSION)),
        failureOf(fixture.client.replaceParticipant(id, 'p-1', { kind: 'queue', queueId: 'q' }, 'Unattended', NO_VERSION)),
      ]);
      for (const failure of failures) expect(failure).toMatchObject({ failure: 'http', status: null, code: 'invalid.id' });
      expect([...fixture.stub.apiRequests, ...fixture.stub.tokenRequests]).toEqual([]);
    },
  );
});

describe('failures', () => {
  it("carries Genesys's code, message and correlation id", async () => {
    answerWith({ status: 409, body: { code: 'conflict', message: 'was\nchanged', status: 409, contextId: 'context-1' } });
    expect(await failureOf(patch())).toMatchObject({
      stage: 'patch-attributes',
      failure: 'http',
      status: 409,
      code: 'conflict',
      message: 'was changed',
      correlationId: 'context-1',
    });
  });

  it('takes the correlation id from the header when the body has none', async () => {
    answerWith({ status: 502, headers: { 'ININ-Correlation-Id': 'header-1' }, body: '<html>bad gateway' });
    const failure = await failureOf(get());
    expect(failure).toMatchObject({ status: 502, code: 'http.502', correlationId: 'header-1', missingPermissions: null });
    expect(failure.message).toBe('HTTP 502 without a readable error body');
  });

  it('names the permissions that a 403 misses', async () => {
    const message = 'Missing the following permission(s): [conversation:participant:wrapup, conversation:communication:view]';
    answerWith({ status: 403, body: { code: 'missing.any.permissions', message } });
    const failure = await failureOf(fixture.client.patchWrapup('c-1', 'p-1', { code: 'w' }, NO_VERSION));
    expect(failure.missingPermissions).toEqual({
      names: ['conversation:participant:wrapup', 'conversation:communication:view'],
      anyOf: true,
    });
  });

  it('does not repeat attribute values, notes or the token that an error message echoes', async () => {
    answerWith({ status: 400, body: { code: 'invalid.value', message: 'bad: platinum, some notes, token-1' } });
    const messages = [
      (await failureOf(patch())).message,
      (await failureOf(fixture.client.patchWrapup('c-1', 'p-1', { code: 'w', notes: 'some notes' }, NO_VERSION))).message,
    ];
    expect(messages).toEqual(['bad: [redacted], some notes, [redacted]', 'bad: platinum, [redacted], [redacted]']);
  });

  it('does not repeat the address of a transfer', async () => {
    const address = 'sip:agent:home@example.org';
    answerWith({
      status: 403,
      body: { code: 'missing.permissions', message: `may not call ${address}`, details: [{ fieldName: 'sip:agent:home' }] },
    });
    const destination = { kind: 'address', address } as const;
    const failure = await failureOf(fixture.client.replaceParticipant('c-1', 'p-1', destination, 'Unattended', NO_VERSION));
    expect(failure).toMatchObject({ message: 'may not call [redacted]', missingPermissions: { names: [], anyOf: false } });
  });

  it('reads no more than it needs of a huge error body', async () => {
    answerWith({ status: 500, body: `{"code":"x","message":"${'y'.repeat(10_000_000)}"}` });
    expect(await failureOf(patch())).toMatchObject({ status: 500, code: 'http.500' });
  });

  it.each([['<html>'], [''], ['null'], ['[]'], [{ id: 'c-1' }], [{ participants: {} }], [{ participants: [null] }]])(
    'refuses the conversation %j',
    async (body) => {
      answerWith({ body });
      expect(await failureOf(get())).toMatchObject({ failure: 'http', status: 200, code: 'response.invalid' });
    },
  );

  it('refuses wrap-up codes that are no list', async () => {
    answerWith({ body: { codes: [] } });
    expect(await failureOf(fixture.client.listWrapupCodes('c-1', 'p-1'))).toMatchObject({ code: 'response.invalid' });
  });

  it('reads wrap-up codes from a list and from a page of one, and knows none where Genesys lists none', async () => {
    const code = { id: 'w-1', name: 'Resolved' };
    const list = () => fixture.client.listWrapupCodes('c-1', 'p-1');
    answerWith({ body: [code] });
    expect(await list()).toEqual([code]);
    answerWith({ body: { entities: [code] } });
    expect(await list()).toEqual([code]);
    answerWith({ status: 404, body: { code: 'not.found' } });
    expect(await list()).toBeNull();
  });

  it('follows no redirect', async () => {
    answerWith({ status: 302, headers: { location: `${fixture.stub.url}/elsewhere` } });
    expect(await failureOf(get())).toMatchObject({ status: 302, code: 'http.302' });
    expect(fixture.stub.apiRequests).toHaveLength(1);
  });

  it.each(['hang', 'hang-midway'] as const)('gives up when the answer does not come in time (%s)', async (reply) => {
    await fixture.client.obtainToken();
    fixture.configure({ timeoutMs: 60 });
    answerWith(reply);
    expect(await failureOf(get())).toMatchObject({ failure: 'timeout', code: 'timeout', status: null });
    expect(fixture.stub.apiRequests).toHaveLength(1);
  });

  it('tells a refused connection from a lost one', async () => {
    await fixture.client.obtainToken();
    fixture.configure({ apiUrl: `http://127.0.0.1:${await closedPort()}` });
    expect(await failureOf(get())).toMatchObject({ failure: 'connection', code: 'connection.refused' });
  });

  it('never repeats a write whose connection is lost', async () => {
    answerWith('drop');
    expect(await failureOf(patch())).toMatchObject({ failure: 'connection', code: 'connection.lost', status: null });
    const replaced = fixture.client.replaceParticipant('c-1', 'p-1', { kind: 'queue', queueId: 'q' }, 'Unattended', NO_VERSION);
    expect(await failureOf(replaced)).toMatchObject({ failure: 'connection', code: 'connection.lost' });
    expect(fixture.stub.apiRequests.map((request) => request.method)).toEqual(['PATCH', 'POST']);
  });

  it('repeats a GET once when the connection is lost before an answer began', async () => {
    fixture.stub.replyToApi = (_, number) => (number === 1 ? 'drop' : { body: CONVERSATION });
    await get();
    expect(fixture.stub.apiRequests).toHaveLength(2);
    answerWith('drop');
    expect(await failureOf(get())).toMatchObject({ failure: 'connection', code: 'connection.lost' });
    expect(fixture.stub.apiRequests).toHaveLength(4);
  });

  it('repeats no GET whose answer began', async () => {
    answerWith('drop-midway');
    expect(await failureOf(get())).toMatchObject({ failure: 'connection', code: 'connection.lost' });
    expect(fixture.stub.apiRequests).toHaveLength(1);
  });
});

describe('observer', () => {
  it('is told of each request of its own calls, with status and duration', async () => {
    const calls: GenesysCall[] = [];
    const observed = fixture.client.withObserver((call) => calls.push(call));
    fixture.stub.replyToApi = (_, number) => (number === 1 ? { status: 401 } : number === 3 ? 'drop' : { body: CONVERSATION });
    await observed.getConversation('c-1');
    await failureOf(observed.patchAttributes('c-1', 'p-1', {}, NO_VERSION));
    await get();
    expect(calls.map(({ stage, status }) => [stage, status])).toEqual([
      ['get-conversation', 401],
      ['get-conversation', 200],
      ['patch-attributes', 'connection'],
    ]);
    for (const call of calls) expect(call.durationMs).toBeGreaterThanOrEqual(0);
  });
});

describe('close', () => {
  const rejectionOf = (call: Promise<unknown>) =>
    call.then(
      () => null,
      (error: unknown) => error,
    );

  it('gives up what waits for its turn and breaks off what is under way', async () => {
    fixture.configure({ ratePerMinute: 40 });
    fixture.stub.replyToApi = () => 'hang';
    const underWay = rejectionOf(fixture.client.patchAttributes('c-1', 'p-1', { a: '1' }, { version: null }));
    await vi.waitFor(() => expect(fixture.stub.apiRequests).toHaveLength(1));
    const waiting = rejectionOf(get());
    await fixture.clock.timerSet();
    await fixture.client.close();
    expect(await waiting).toMatchObject({ name: 'AbortError' });
    expect(await underWay).toMatchObject({ name: 'AbortError' });
    expect(await rejectionOf(get())).toMatchObject({ name: 'AbortError' });
    expect(fixture.stub.apiRequests).toHaveLength(1);
  });
});
