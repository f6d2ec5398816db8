import type { FastifyInstance } from 'fastify';
import { describe, expect, test } from 'vitest';
import { API_KEY, BODY_LIMIT_BYTES, flatEvent, NOW_MS, post, SECRET, signatureOf, startReceiver } from './harness.ts';

const URL = '/webhooks/genesys';
const deliver = (app: FastifyInstance, value: unknown, headers: Record<string, string | undefined> = {}) =>
  post(app, URL, value, headers);

describe('202', () => {
  test('for an event that a rule matches, which is stored with its work', async () => {
    const { app, entries } = startReceiver();
    const answer = await deliver(app, flatEvent());
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({ accepted: 1, duplicate: 0, ignored: 0, events: [{ id: 'e-1', status: 'accepted' }] });
    expect(entries).toEqual([
      {
        version: 2,
        id: 'e-1',
        sent: { text: JSON.stringify(flatEvent()), deliveryKey: null },
        event: expect.objectContaining({ id: 'e-1', conversationId: 'c-1', occurredAt: '2026-11-20T22:30:05.000Z' }),
        work: { kind: 'rules', rules: ['tag-trace'] },
        receivedAt: NOW_MS,
        traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/),
        attempts: 0,
        outcomes: {},
      },
    ]);
  });

  test('for an event that is known already', async () => {
    const { app, entries } = startReceiver();
    await deliver(app, flatEvent());
    const answer = await deliver(app, flatEvent());
    expect(answer.json()).toEqual({ accepted: 0, duplicate: 1, ignored: 0, events: [{ id: 'e-1', status: 'duplicate' }] });
    expect(entries).toHaveLength(1);
  });

  test('for an event that no rule matches, which costs the store nothing', async () => {
    const { app, portCalls } = startReceiver();
    const answer = await deliver(app, flatEvent({ eventType: 'unmatched' }));
    expect(answer.json()).toEqual({ accepted: 0, duplicate: 0, ignored: 1, events: [{ id: 'e-1', status: 'ignored' }] });
    expect(portCalls).not.toContain('accept');
  });

  test('for an array: each event in its place, one call of the store', async () => {
    const { app, entries, portCalls } = startReceiver();
    const ids = ['a', 'b', 'a', 'c'];
    const events = ids.map((eventId) => flatEvent({ eventId, ...(eventId === 'b' ? { eventType: 'unmatched' } : {}) }));
    const answer = await deliver(app, events);
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({
      accepted: 2,
      duplicate: 1,
      ignored: 1,
      events: [
        { id: 'a', status: 'accepted' },
        { id: 'b', status: 'ignored' },
        { id: 'a', status: 'duplicate' },
        { id: 'c', status: 'accepted' },
      ],
    });
    expect(entries.map(({ id }) => id)).toEqual(['a', 'c']);
    expect(portCalls.filter((name) => name === 'accept')).toHaveLength(1);
  });

  test('for an empty array, with zeros', async () => {
    const { app, portCalls } = startReceiver();
    const answer = await deliver(app, '[]');
    expect([answer.statusCode, answer.json()]).toEqual([202, { accepted: 0, duplicate: 0, ignored: 0, events: [] }]);
    expect(portCalls).not.toContain('accept');
  });

  test.each(['Idempotency-Key', 'webhook-id', 'X-Genesys-Delivery'])(
    'with the id of the header %s of a sender with an API key, which no signature covers',
    async (name) => {
      const { app } = startReceiver();
      const byApiKey = { 'x-genesys-signature': undefined, 'x-api-key': API_KEY };
      const answer = await deliver(app, flatEvent(), { ...byApiKey, [name]: 'from-the-header' });
      expect(answer.json().events).toEqual([{ id: 'from-the-header', status: 'accepted' }]);
      const signed = await deliver(app, flatEvent(), { [name]: 'from-the-header' });
      expect(signed.json().events).toEqual([{ id: 'e-1', status: 'accepted' }]);
    },
  );

  test('with an API key in place of a signature', async () => {
    const { app } = startReceiver();
    const answer = await deliver(app, flatEvent(), { 'x-genesys-signature': undefined, 'x-api-key': API_KEY });
    expect(answer.statusCode).toBe(202);
  });

  test.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON ;charset=UTF-8'])('as %s', async (type) => {
    const { app } = startReceiver();
    expect((await deliver(app, flatEvent(), { 'content-type': type })).statusCode).toBe(202);
  });

  test('with the rules that are in force when the event arrives', async () => {
    let rules: string[] = [];
    const { app, entries } = startReceiver({
      intake: {
        ruleSet: () => ({ rules: new Map(), candidates: () => rules.map((name) => ({ name, judge: () => 'matched' })) }),
      },
    });
    await deliver(app, flatEvent({ eventId: 'before' }));
    rules = ['reloaded'];
    await deliver(app, flatEvent({ eventId: 'after' }));
    expect(entries.map(({ id, work }) => [id, work])).toEqual([['after', { kind: 'rules', rules: ['reloaded'] }]]);
  });
});

describe('problem details', () => {
  test('400 names what is wrong, and quotes nothing of it', async () => {
    const { app, portCalls } = startReceiver();
    const answer = await deliver(app, '{"very":"private');
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.json()).toEqual({
      type: 'urn:hookpatch:problem:not-json',
      title: 'Bad Request',
      status: 400,
      detail: 'The body must be JSON.',
      code: 'not-json',
    });
    expect(portCalls).toEqual([]);
  });

  test('400 names the position of the bad event, and nothing of the array is stored', async () => {
    const { app, entries } = startReceiver();
    const answer = await deliver(app, [flatEvent(), flatEvent({ conversationId: '../secrets' })]);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'conversation-id-invalid', position: 1 });
    expect(answer.body).not.toContain('secrets');
    expect(entries).toEqual([]);
  });

  test('413 for more events than are stored in one step, and nothing of them is stored', async () => {
    const { app, portCalls } = startReceiver();
    const answer = await deliver(
      app,
      Array.from({ length: 1_001 }, () => ({})),
    );
    expect(answer.statusCode).toBe(413);
    expect(answer.json()).toMatchObject({ code: 'too-many-events', detail: expect.stringContaining('1000 events') });
    expect(portCalls).not.toContain('accept');
  });

  test('413 for a body above the limit', async () => {
    const { app, portCalls } = startReceiver();
    const answer = await deliver(app, flatEvent({ padding: 'x'.repeat(BODY_LIMIT_BYTES) }));
    expect([answer.statusCode, answer.json().code]).toEqual([413, 'body-too-large']);
    expect(portCalls).toEqual([]);
  });

  test.each([
    ['application/cloudevents+json', 'content-type-unsupported'],
    ['application/jsonp', 'content-type-unsupported'],
    ['text/plain', 'content-type-unsupported'],
    ['not a media type', 'content-type-unsupported'],
    [undefined, 'content-type-unsupported'],
  ])('415 for %s, before the signature is looked at', async (type, code) => {
    const { app } = startReceiver();
    for (const signature of [undefined, signatureOf(JSON.stringify(flatEvent()))]) {
      const answer = await deliver(app, flatEvent(), { 'content-type': type, 'x-genesys-signature': signature });
      expect([answer.statusCode, answer.json().code]).toEqual([415, code]);
    }
  });

  test('415 for a compressed body', async () => {
    const { app } = startReceiver();
    const answer = await deliver(app, flatEvent(), { 'content-encoding': 'gzip' });
    expect([answer.statusCode, answer.json().code]).toEqual([415, 'content-encoding-unsupported']);
  });

  test('500 for a fault of our own, which only the log explains', async () => {
    const candidates = () => {
      throw new Error('rule engine broke');
    };
    const { app, log } = startReceiver({ intake: { ruleSet: () => ({ rules: new Map(), candidates }) } });
    const answer = await deliver(app, flatEvent());
    expect([answer.statusCode, answer.json().code]).toEqual([500, 'internal-error']);
    expect(answer.body).not.toContain('rule engine');
    expect(log).toMatchObject([{ msg: 'request failed', code: 'internal-error', err: { message: 'rule engine broke' } }]);
  });
});

describe('401', () => {
  const body = JSON.stringify(flatEvent());
  test.each([
    ['no signature', undefined],
    ['an empty one', ''],
    ['a truncated one', signatureOf(body).slice(0, -1)],
    ['one that is no hex', 'g'.repeat(64)],
    ['one of another secret', signatureOf(body, 'another secret altogether')],
    ['one of another body', signatureOf(`${body} `)],
    ['the secret itself', SECRET],
  ])('for %s: always the same answer, and no port is asked', async (_name, signature) => {
    const { app, portCalls, log } = startReceiver();
    const answer = await deliver(app, body, { 'x-genesys-signature': signature });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toBeDefined();
    expect(answer.json()).toEqual({
      type: 'urn:hookpatch:problem:not-authenticated',
      title: 'Unauthorized',
      status: 401,
      detail: 'A valid signature or API key is required.',
      code: 'not-authenticated',
    });
    expect(portCalls).toEqual([]);
    expect(log).toHaveLength(1);
    if (signature) expect(JSON.stringify(log)).not.toContain(signature);
  });

  test('comes before parsing: bytes that are no JSON are refused for their signature', async () => {
    const { app } = startReceiver();
    for (const bytes of ['{', '['.repeat(10_000), Buffer.from([0xff, 0xfe])]) {
      expect((await deliver(app, bytes, { 'x-genesys-signature': 'wrong' })).statusCode).toBe(401);
    }
  });

  test('for an unknown API key', async () => {
    const { app } = startReceiver();
    const answer = await deliver(app, body, { 'x-genesys-signature': undefined, 'x-api-key': `${API_KEY}x` });
    expect(answer.statusCode).toBe(401);
  });
});

describe('503', () => {
  test('with Retry-After when the store refuses, and 202 again when it is back', async () => {
    let down = true;
    const accept = async () => {
      if (down) throw new Error('connect ECONNREFUSED');
      return [{ status: 'accepted' as const }];
    };
    const { app, log } = startReceiver({ intake: { store: { accept } } });
    const answer = await deliver(app, flatEvent());
    expect([answer.statusCode, answer.json().code]).toEqual([503, 'store-unavailable']);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(answer.body).not.toContain('ECONNREFUSED');
    expect(log).toMatchObject([{ code: 'store-unavailable', conversationId: 'c-1', reason: 'connect ECONNREFUSED' }]);
    down = false;
    expect((await deliver(app, flatEvent())).statusCode).toBe(202);
  });
});

test('answers carry headers that keep browsers and caches away', async () => {
  const { app } = startReceiver();
  for (const answer of [await deliver(app, flatEvent()), await deliver(app, '{'), await app.inject('/nowhere')]) {
    expect(answer.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
  }
});

test('signed timestamps are checked against the clock', async () => {
  const { app } = startReceiver({ config: { signedContent: 'timestamp.body' } });
  const statusAt = async (offsetSeconds: number) => {
    const timestamp = String(NOW_MS / 1000 + offsetSeconds);
    const body = JSON.stringify(flatEvent());
    const headers = { 'x-genesys-timestamp': timestamp, 'x-genesys-signature': signatureOf(`${timestamp}.${body}`) };
    return (await deliver(app, body, headers)).statusCode;
  };
  expect([await statusAt(-299), await statusAt(-301), await statusAt(299), await statusAt(301)]).toEqual([202, 401, 202, 401]);
});
