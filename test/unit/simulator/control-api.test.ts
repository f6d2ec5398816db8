import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Simulator, startSimulator } from '../../../simulator/start-simulator.ts';

/** What a program that is not in the same process can do to the simulator. */
describe('the control API', () => {
  let simulator: Simulator;
  let headers: Record<string, string>;

  beforeEach(async () => {
    simulator = await startSimulator({ writeVisibilityMs: 0, concurrency: 'version', recordRawHeaders: true });
    headers = { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' };
    await control('DELETE', '/journal');
    await control('POST', '/conversations', { id: 'call-1', participants: [{ id: 'customer-1', attributes: { tier: 'gold' } }] });
  });
  afterEach(() => simulator.stop());

  async function token(): Promise<string> {
    const basic = Buffer.from(`${simulator.clientId}:${simulator.clientSecret}`).toString('base64');
    const body = new URLSearchParams({ grant_type: 'client_credentials' });
    const response = await fetch(`${simulator.url}/oauth/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${basic}` },
      body,
    });
    return ((await response.json()) as { access_token: string }).access_token;
  }

  async function control(method: string, path: string, body?: unknown) {
    const response = await fetch(`${simulator.url}/simulator${path}`, {
      method,
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  }

  const get = (more: Record<string, string> = {}, signal?: AbortSignal) =>
    fetch(`${simulator.url}/api/v2/conversations/call-1`, { headers: { ...headers, ...more }, ...(signal && { signal }) });
  const patch = (attributes: Record<string, string>, more: Record<string, string> = {}) =>
    fetch(`${simulator.url}/api/v2/conversations/call-1/participants/customer-1/attributes`, {
      method: 'PATCH',
      headers: { ...headers, ...more },
      body: JSON.stringify({ attributes }),
    });
  const attributes = () => simulator.conversation('call-1')?.participants[0]?.attributes;

  test('seeds a conversation that the API then serves', async () => {
    expect(await (await get()).json()).toMatchObject({
      id: 'call-1',
      version: 1,
      participants: [{ id: 'customer-1', attributes: { tier: 'gold' } }],
    });
  });

  test('seeds several conversations with one request', async () => {
    const seeded = await control('POST', '/conversations', [{ id: 'call-2' }, { id: 'call-3', participants: [{ id: 'p' }] }]);
    expect(seeded).toMatchObject({ status: 201, body: [{ id: 'call-2' }, { id: 'call-3', participants: [{ id: 'p' }] }] });
    expect(simulator.conversation('call-2')).toBeDefined();
  });

  test('moves a conversation on, and refuses a step that is not possible', async () => {
    const queued = await control('POST', '/conversations/call-1/steps', { step: 'enter-queue', queueId: 'q' });
    expect(queued.body.conversation.participants.at(-1)).toMatchObject({ purpose: 'acd', queueId: 'q' });
    expect(await control('POST', '/conversations/call-1/steps', { step: 'connect-agent' })).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('no active agent') },
    });
    expect((await control('POST', '/conversations/call-1/end')).body.conversation.endTime).toBeDefined();
  });

  test('places a call', async () => {
    const { status, body } = await control('POST', '/calls', { kind: 'in-progress', conversationId: 'call-2' });
    expect([status, body.conversationId]).toEqual([201, 'call-2']);
    expect((await control('GET', '/conversations')).body.map(({ id }: { id: string }) => id)).toEqual(['call-1', 'call-2']);
  });

  test('lets another writer set attributes, which makes a version stale', async () => {
    await control('PATCH', '/conversations/call-1/participants/customer-1/attributes', { other: 'writer' });
    expect((await patch({ mine: 'x' }, { 'if-match': '1' })).status).toBe(412);
    expect((await patch({ mine: 'x' }, { 'if-match': '2' })).status).toBe(202);
    expect(attributes()).toEqual({ tier: 'gold', other: 'writer', mine: 'x' });
  });

  test('a conflict changes the version between GET and PATCH', async () => {
    await control('POST', '/faults', { call: 'get-conversation', conflict: true });
    const { version } = (await (await get()).json()) as { version: number };
    expect((await patch({ mine: 'x' }, { 'if-match': String(version) })).status).toBe(412);
  });

  test('a conflict of a write comes just before its version is checked', async () => {
    await control('POST', '/faults', { call: 'patch-attributes', conflict: true });
    expect((await patch({ mine: 'x' }, { 'if-match': '1' })).status).toBe(412);
    expect((await patch({ mine: 'x' }, { 'if-match': '2' })).status).toBe(202);
  });

  test('latency holds back the answer of a call that is executed', async () => {
    await control('POST', '/faults', { call: 'patch-attributes', latencyMs: 300 });
    const answered: string[] = [];
    const slow = patch({ slow: 'x' }).then(() => answered.push('slow'));
    while (simulator.journal().length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(simulator.journal()[0]).toMatchObject({ status: null, executed: true });
    await patch({ quick: 'x' }).then(() => answered.push('quick'));
    await slow;
    expect(answered).toEqual(['quick', 'slow']);
    expect(attributes()).toEqual({ tier: 'gold', slow: 'x', quick: 'x' });
  });

  test('a lost write is accepted and forgotten', async () => {
    await control('POST', '/faults', { call: 'patch-attributes', lostWrite: true });
    expect((await patch({ mine: 'x' })).status).toBe(202);
    expect(attributes()).toEqual({ tier: 'gold' });
    expect(simulator.journal()[0]).toMatchObject({ status: 202, executed: false, write: null, fault: 'lost write' });
    expect((await control('GET', '/journal?writes=executed')).body.records).toEqual([]);
  });

  test('a connection dropped before executing leaves nothing, one dropped after leaves the write', async () => {
    await control('POST', '/faults', { call: 'patch-attributes', dropConnection: 'before' });
    await control('POST', '/faults', { call: 'patch-attributes', dropConnection: 'after' });
    await expect(patch({ before: 'x' })).rejects.toThrow();
    await expect(patch({ after: 'x' })).rejects.toThrow();
    expect(attributes()).toEqual({ tier: 'gold', after: 'x' });
    expect(simulator.journal().map(({ status, executed }) => ({ status, executed }))).toEqual([
      { status: null, executed: false },
      { status: null, executed: true },
    ]);
  });

  test('a status after executing says nothing about the write', async () => {
    await control('POST', '/faults', { call: 'patch-attributes', status: 500, execute: true });
    expect((await patch({ mine: 'x' })).status).toBe(500);
    expect(attributes()).toEqual({ tier: 'gold', mine: 'x' });
  });

  test('a request can be left hanging, and the server still stops', async () => {
    await control('POST', '/faults', { call: 'get-conversation', hang: 'before' });
    const hanging = get();
    const failed = expect(hanging).rejects.toThrow();
    while (simulator.journal().length === 0) await new Promise((resolve) => setImmediate(resolve));
    await simulator.stop();
    await failed;
    expect(simulator.journal()[0]).toMatchObject({ status: null, fault: 'hang before' });
  });

  test('an unknown fault is refused, the others can be listed and cleared', async () => {
    expect((await control('POST', '/faults', { call: 'nothing', status: 500 })).status).toBe(400);
    await control('POST', '/faults', { call: '*', status: 503, times: 2 });
    expect((await control('GET', '/faults')).body).toMatchObject([{ status: 503, remaining: 2 }]);
    await control('DELETE', '/faults');
    expect((await get()).status).toBe(200);
  });

  test('revoked tokens are refused', async () => {
    await control('POST', '/tokens/revoke');
    expect((await get()).status).toBe(401);
  });

  test('the journal shows the headers of a request, trace headers by name', async () => {
    await get({ traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', baggage: 'a=b' });
    const [record] = (await control('GET', '/journal?call=get-conversation')).body.records;
    expect(record).toMatchObject({ conversationId: 'call-1', status: 200, traceHeaders: ['traceparent', 'baggage'] });
    expect(record.rawHeaders).toContain('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
  });

  test('a body that cannot be read is refused in Genesys’s shape and is in the journal', async () => {
    const url = `${simulator.url}/api/v2/conversations/call-1/participants/customer-1/attributes`;
    const wrongType = await fetch(url, { method: 'PATCH', headers: { ...headers, 'content-type': 'text/xml' }, body: '<a/>' });
    const broken = await fetch(url, { method: 'PATCH', headers, body: '{' });
    expect([wrongType.status, ((await wrongType.json()) as { code: string }).code]).toEqual([415, 'unsupported.media.type']);
    expect([broken.status, ((await broken.json()) as { code: string }).code]).toEqual([400, 'bad.request']);
    expect(simulator.journal().map(({ status }) => status)).toEqual([415, 400]);
  });

  test('a path that is not simulated is 404 in Genesys’s shape', async () => {
    const response = await fetch(`${simulator.url}/api/v2/users/me`, { headers });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'not.found', contextId: response.headers.get('inin-correlation-id') });
  });

  test('a reset forgets conversations, faults and journal', async () => {
    await get();
    await control('POST', '/reset');
    expect((await get()).status).toBe(404);
    expect(simulator.journal()).toHaveLength(1);
  });
});
