import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { ServerLimits } from '../../../src/receiver/server-limits.ts';
import { SERVER_LIMITS } from '../../../src/receiver/server-limits.ts';
import { BODY_LIMIT_BYTES, flatEvent, listen, type ReceiverOverrides, signatureOf, startReceiver } from './harness.ts';
import { openConnection, type RawAnswer } from './raw-connection.ts';
import { requestText } from './request-text.ts';

const URL = '/webhooks/genesys';
const JSON_HEADERS = { 'content-type': 'application/json' };
const HONEST_BODY = JSON.stringify(flatEvent());
const HONEST_REQUEST = requestText(
  'POST',
  URL,
  { ...JSON_HEADERS, 'x-genesys-signature': signatureOf(HONEST_BODY) },
  HONEST_BODY,
);

/** Well formed, so that only the body can show that it is none of ours. */
const CLAIM = { ...JSON_HEADERS, 'x-genesys-signature': 'a'.repeat(64) };

const IMPATIENT: ServerLimits = { ...SERVER_LIMITS, headersTimeoutMs: 100, requestTimeoutMs: 200, checkIntervalMs: 20 };

async function startListening(overrides: ReceiverOverrides = {}) {
  const receiver = startReceiver(overrides);
  const port = await listen(receiver.app);
  const send = async (request: string | Buffer): Promise<RawAnswer> => {
    const connection = await openConnection(port);
    connection.write(request);
    return connection.answer();
  };
  return { ...receiver, port, send };
}

/** Whatever was sent before, an honest delivery is still answered. */
async function expectServing({ send }: { send: (request: string) => Promise<RawAnswer> }): Promise<void> {
  expect((await send(HONEST_REQUEST)).status).toBe(202);
}

function signed(body: string, headers: Record<string, string> = {}): string {
  return requestText('POST', URL, { ...JSON_HEADERS, 'x-genesys-signature': signatureOf(body), ...headers }, body);
}

function chunked(body: string): string {
  return `${body.length.toString(16)}\r\n${body}\r\n`;
}

const codeOf = (answer: RawAnswer) => JSON.parse(answer.body).code;

// SECURITY.md: unread-body, tiny-chunks
describe('bodies', () => {
  test('an honest body in chunks is accepted, however it is cut', async () => {
    const { send } = await startListening();
    const head = { ...JSON_HEADERS, 'x-genesys-signature': signatureOf(HONEST_BODY), 'transfer-encoding': 'chunked' };
    const chunks = [HONEST_BODY.slice(0, 1), HONEST_BODY.slice(1, 20), HONEST_BODY.slice(20)].map(chunked).join('');
    expect((await send(requestText('POST', URL, head, `${chunks}0\r\n\r\n`))).status).toBe(202);
  });

  test('2 MB announced are refused before they are read, and the connection is closed', async () => {
    const receiver = await startListening();
    const connection = await openConnection(receiver.port);
    connection.write(requestText('POST', URL, { ...JSON_HEADERS, 'content-length': '2000000' }));
    expect(await connection.untilClosed()).toMatch(/^HTTP\/1\.1 413 [\s\S]*connection: close[\s\S]*body-too-large/);
    expect(receiver.portCalls).toEqual([]);
    await expectServing(receiver);
  });

  test('a body that never ends is cut off at the limit', async () => {
    const receiver = await startListening();
    const connection = await openConnection(receiver.port);
    connection.write(requestText('POST', URL, { ...CLAIM, 'transfer-encoding': 'chunked' }));
    const chunk = chunked('x'.repeat(BODY_LIMIT_BYTES));
    connection.write(chunk);
    connection.write(chunk);
    expect(await connection.untilClosed()).toMatch(/^HTTP\/1\.1 413 /);
    expect(receiver.portCalls).toEqual([]);
    await expectServing(receiver);
  });

  const stale = { 'x-genesys-timestamp': '1000000000' };
  test.each<[name: string, headers: Record<string, string>, config?: ReceiverOverrides['config']]>([
    ['no credential', {}],
    ['an unknown API key', { 'x-api-key': 'unknown' }],
    ['a signature that is none', { 'x-genesys-signature': 'none' }],
    ['no time where it is signed', { 'x-genesys-signature': 'a'.repeat(64) }, { signedContent: 'timestamp.body' }],
    ['a time that is over', { 'x-genesys-signature': 'a'.repeat(64), ...stale }, { signedContent: 'timestamp.body' }],
    ['no id where it is signed', { 'webhook-signature': `v1,${'A'.repeat(43)}=` }, { signedContent: 'standard-webhooks' }],
  ])('of a request with %s is not read', async (_name, headers, config) => {
    const receiver = await startListening({ config: config ?? {} });
    const connection = await openConnection(receiver.port);
    connection.write(requestText('POST', URL, { ...JSON_HEADERS, ...headers, 'content-length': '1000' }));
    expect(await connection.untilClosed()).toMatch(/^HTTP\/1\.1 401 [\s\S]*connection: close[\s\S]*not-authenticated/);
    expect(receiver.portCalls).toEqual([]);
  });

  test('in chunks of a byte is cut off, and one in chunks of a line is not', async () => {
    const receiver = await startListening();
    const connection = await openConnection(receiver.port);
    connection.write(requestText('POST', URL, { ...CLAIM, 'transfer-encoding': 'chunked' }) + '1\r\nx\r\n'.repeat(5_000));
    expect(await connection.untilClosed()).toMatch(/^HTTP\/1\.1 400 [\s\S]*chunks-too-small/);
    const lines = JSON.stringify(flatEvent({ lines: Array.from({ length: 2_000 }, (_, line) => `line ${line}`) }), null, 1);
    const chunks = lines.split(/(?<=\n)/).map(chunked);
    expect(chunks.length).toBeGreaterThan(2_000);
    const head = { ...JSON_HEADERS, 'x-genesys-signature': signatureOf(lines), 'transfer-encoding': 'chunked' };
    expect((await receiver.send(`${requestText('POST', URL, head)}${chunks.join('')}0\r\n\r\n`)).status).toBe(202);
  });

  test('that are never finished are refused unread when all together are too many, and an honest one is accepted in the place of the oldest', async () => {
    const receiver = await startListening({ webhook: { receivingLimitBytes: 3 * BODY_LIMIT_BYTES } });
    const part = 'x'.repeat(BODY_LIMIT_BYTES - 1);
    const beginning = requestText('POST', URL, { ...CLAIM, 'content-length': String(BODY_LIMIT_BYTES) }, part);
    const senders = [];
    for (let sent = 0; sent < 6; sent += 1) {
      const sender = await openConnection(receiver.port);
      sender.write(beginning);
      senders.push(sender);
    }
    for (const late of senders.slice(3)) {
      expect(await late.untilClosed()).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: \d[\s\S]*overloaded/);
    }
    expect(senders.slice(0, 3).map(({ socket }) => socket.closed)).toEqual([false, false, false]);
    await expectServing(receiver);
    expect(await senders[0]?.untilClosed()).toMatch(/^HTTP\/1\.1 503 [\s\S]*overloaded/);
    expect(senders.slice(1, 3).map(({ socket }) => socket.closed)).toEqual([false, false]);
  });

  test.each([
    ['10,000 levels deep', '['.repeat(10_000) + ']'.repeat(10_000), 'nesting-too-deep'],
    [
      '10,000 members wide',
      JSON.stringify(Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`k${i}`, i]))),
      'envelope-unknown',
    ],
    ['with a NUL', '{"a":"\0"}', 'not-json'],
    ['empty', '', 'not-json'],
  ])('a signed body that is %s is refused', async (_name, body, code) => {
    const receiver = await startListening();
    const answer = await receiver.send(signed(body));
    expect([answer.status, codeOf(answer)]).toEqual([400, code]);
    expect(receiver.portCalls).toEqual([]);
    await expectServing(receiver);
  });

  test('a tampered byte is refused wherever it is', async () => {
    const receiver = await startListening();
    const connection = await openConnection(receiver.port);
    const headers = { ...JSON_HEADERS, 'x-genesys-signature': signatureOf(HONEST_BODY) };
    for (let at = 0; at < HONEST_BODY.length; at += 1) {
      const tampered = HONEST_BODY.slice(0, at) + (HONEST_BODY[at] === 'x' ? 'y' : 'x') + HONEST_BODY.slice(at + 1);
      connection.write(requestText('POST', URL, headers, tampered));
      expect((await connection.answer()).status).toBe(401);
    }
    expect(receiver.portCalls).toEqual([]);
  });
});

// SECURITY.md: slow-sender
describe('slow senders', () => {
  test.each([
    ['headers', `POST ${URL} HTTP/1.1\r\nHost: receiver\r\nX-Slow: `],
    ['a body', requestText('POST', URL, { ...CLAIM, 'content-length': '100' }, '{')],
  ])('are cut off when %s do not arrive, and others are served meanwhile', async (_name, beginning) => {
    const receiver = await startListening({ limits: IMPATIENT });
    const connection = await openConnection(receiver.port);
    connection.write(beginning);
    await expectServing(receiver);
    expect(await connection.untilClosed()).toMatch(/^HTTP\/1\.1 408 [\s\S]*request-timeout/);
    expect(receiver.portCalls).toEqual(['ruleSet', 'accept']);
  });

  test('a sender that goes away in the middle of its body costs nothing', async () => {
    const receiver = await startListening();
    const connection = await openConnection(receiver.port);
    connection.write(requestText('POST', URL, { ...CLAIM, 'content-length': '100' }, '{'));
    connection.socket.destroy();
    await expectServing(receiver);
    expect(receiver.portCalls).toEqual(['ruleSet', 'accept']);
    expect(receiver.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });
});

describe('headers', () => {
  test('above 16 KB are refused', async () => {
    const receiver = await startListening();
    const answer = await receiver.send(signed(HONEST_BODY, { 'x-flood': 'x'.repeat(20_000) }));
    expect([answer.status, codeOf(answer)]).toEqual([431, 'headers-too-large']);
    await expectServing(receiver);
  });

  test('a hundred of them do no harm', async () => {
    const receiver = await startListening();
    const flood = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`x-${i}`, 'y']));
    expect((await receiver.send(signed(HONEST_BODY, flood))).status).toBe(202);
  });

  test('a signature sent twice is verified if one of them is right', async () => {
    const { send } = await startListening();
    const twice = HONEST_REQUEST.replace('host: receiver\r\n', 'host: receiver\r\nx-genesys-signature: wrong\r\n');
    expect((await send(twice)).status).toBe(202);
  });

  test.each([
    ['both framings', { 'content-length': '5', 'transfer-encoding': 'chunked' }],
    ['a length that is no number', { 'content-length': '5x' }],
    ['a negative length', { 'content-length': '-1' }],
  ])('%s are refused, so that no request hides in another', async (_name, framing) => {
    const receiver = await startListening();
    const answer = await receiver.send(requestText('POST', URL, { ...JSON_HEADERS, ...framing }, HONEST_REQUEST));
    expect([answer.status, codeOf(answer)]).toEqual([400, 'bad-request']);
    expect(receiver.portCalls).toEqual([]);
    await expectServing(receiver);
  });
});

// SECURITY.md: other-protocol
describe('what is no request', () => {
  test.each([
    ['noise', randomBytes(2_000)],
    ['TLS', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00])],
    ['an unknown method', 'BREW /webhooks/genesys HTTP/1.1\r\nHost: receiver\r\n\r\n'],
  ])('%s is answered with 400', async (_name, bytes) => {
    const receiver = await startListening();
    const connection = await openConnection(receiver.port);
    connection.write(bytes);
    expect(await connection.untilClosed()).toMatch(/^HTTP\/1\.1 400 [\s\S]*bad-request/);
    await expectServing(receiver);
  });
});

// SECURITY.md: path-escape
test.each(['..', '%2e%2e', '.', '%2e', '..%2f..%2fsecrets', '%00'])(
  'the conversation %s never leaves its path',
  async (conversationId) => {
    const receiver = await startListening();
    const answer = await receiver.send(signed('{}').replace(URL, `/conversations/${conversationId}/actions`));
    expect([answer.status, codeOf(answer)]).toEqual([400, 'conversation-id-invalid']);
    expect(receiver.portCalls).toEqual([]);
  },
);

// SECURITY.md: smuggling
test('a refused body is not taken for the next request of its connection', async () => {
  const receiver = await startListening();
  const connection = await openConnection(receiver.port);
  connection.write(
    requestText('POST', URL, { 'content-type': 'text/plain', 'content-length': String(HONEST_REQUEST.length + 1) }),
  );
  connection.write(HONEST_REQUEST);
  const received = await connection.untilClosed();
  expect(received).toMatch(/^HTTP\/1\.1 415 /);
  expect(received.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  expect(receiver.portCalls).toEqual([]);
});

test('while the process drains, deliveries are taken and each response closes its connection', async () => {
  const receiver = await startListening({ isShuttingDown: () => true });
  const connection = await openConnection(receiver.port);
  connection.write(HONEST_REQUEST);
  expect(await connection.untilClosed()).toMatch(/^HTTP\/1\.1 202 [\s\S]*connection: close/i);
});

// SECURITY.md: unread-response
test('a client that does not read its responses is disconnected', async () => {
  const body = 'x'.repeat(1_000_000);
  const { app, port } = await startListening({
    limits: { ...SERVER_LIMITS, silenceTimeoutMs: 100 },
    health: { renderMetrics: async () => ({ contentType: 'text/plain', body }) },
  });
  const { socket, write } = await openConnection(port);
  socket.pause();
  write('GET /metrics HTTP/1.1\r\nHost: receiver\r\n\r\n'.repeat(50));
  await once(app.server, 'request');
  await expect.poll(() => openConnections(app)).toBe(0);
});

describe('methods of other protocols', () => {
  test.each(['PLAY', 'ANNOUNCE', 'DESCRIBE', 'SETUP', 'TEARDOWN', 'RECORD', 'FLUSH'])('%s over RTSP is 404', async (method) => {
    const receiver = await startListening();
    const connection = await openConnection(receiver.port);
    connection.write(`${method} / RTSP/1.0\r\n\r\n`);
    expect(await connection.untilClosed()).toMatch(/^HTTP\/1\.1 404 [\s\S]*not-found/);
    expect(receiver.log.filter(({ level }) => Number(level) > 30)).toEqual([]);
  });
});

test('while the process shuts down, a sender is told to come back, and health stays visible', async () => {
  const shuttingDown = { now: false };
  const { app, port, portCalls } = await startListening({ refusesDeliveries: () => shuttingDown.now });
  const [sender, probe] = [await openConnection(port), await openConnection(port)];
  sender.write(HONEST_REQUEST.slice(0, 20));
  probe.write('GET /healthz HTTP/1.1\r\n');
  await expect.poll(() => openConnections(app)).toBe(2);
  shuttingDown.now = true;
  const closed = app.close();
  await expect.poll(() => app.server.listening).toBe(false);
  sender.write(HONEST_REQUEST.slice(20));
  probe.write('Host: receiver\r\n\r\n');
  const answer = await sender.untilClosed();
  expect(answer).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: \d+[\s\S]*shutting-down/);
  expect(await probe.untilClosed()).toMatch(/^HTTP\/1\.1 200 /);
  expect(portCalls).toEqual([]);
  await closed;
});

function openConnections(app: ReturnType<typeof startReceiver>['app']): Promise<number> {
  return new Promise((resolve, reject) => {
    app.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}
