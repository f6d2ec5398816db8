import { createHash, createHmac, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sendDelivery } from '../../harness/send-delivery.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { signBody } from '../../simulator/sign-delivery.ts';
import { openConnection } from '../unit/receiver/raw-connection.ts';
import { requestText } from '../unit/receiver/request-text.ts';
import { HONEST, HOSTILE, type HostileBed, honestEvent, signed, WEBHOOK, withHostileBed } from './hostile-bed.ts';
import { HOSTILE_RULES } from './hostile-rules.ts';
import { openFilesLimit, openIdle } from './idle-connections.ts';
import { openSlowSenders, type SlowSenders } from './slow-senders.ts';
import { eventOf, SECRET } from './with-service.ts';

const RULES = `
rules:
  - name: tag
    when: { topic: "v2.detail.events.conversation.*.customer.start" }
    actions: [{ setAttributes: { tier: platinum } }]
  - name: slow-pattern
    when: { topic: "v2.detail.events.conversation.*.acw", if: 'event.body.text.matches("a*a*b")' }
    actions: [{ setAttributes: { tier: platinum } }]
  - name: long-split
    when: { topic: "v2.detail.events.conversation.*.acw", if: 'event.body.text.split("").size() > 0' }
    actions: [{ setAttributes: { tier: platinum } }]
${Array.from(
  { length: 40 },
  (_, index) => `
  - name: slow-loop-${index}
    when: { topic: "v2.detail.events.conversation.*.acw", if: 'event.body.texts.exists(x, x.matches("a*a*b"))' }
    actions: [{ setAttributes: { tier: platinum } }]`,
).join('')}
`;
const SENDER_KEY = 'hostile-key-of-more-than-16-bytes';
const JSON_HEADERS = { 'content-type': 'application/json' };
const MB = 2 ** 20;
/** Well formed and of now, so that only the body can show that it is none of ours. */
const claim = () => ({ ...JSON_HEADERS, ...signed('') });
/** Structural: the bodies and connections of an attack need some, a leak of them would need more. */
const MOST_GROWTH_MB = 256;

let hostile: HostileBed;
let residentMbBefore: number;
let slowSenders: SlowSenders;
let finish: () => void;
let ended: Promise<void>;

beforeAll(async () => {
  const opened = Promise.withResolvers<HostileBed>();
  const finished = Promise.withResolvers<void>();
  finish = finished.resolve;
  const work = async (bed: HostileBed) => {
    opened.resolve(bed);
    await finished.promise;
  };
  ended = withHostileBed(RULES, work, { WEBHOOK_API_KEYS: SENDER_KEY });
  hostile = await Promise.race([opened.promise, ended.then((): never => expect.unreachable())]);
  expect((await hostile.deliver()).status).toBe(202);
  residentMbBefore = await hostile.residentMb();
  slowSenders = await openSlowSenders(hostile.port, 200, [
    { text: '', drips: false },
    { text: `POST ${WEBHOOK} HTTP/1.1\r\nHost: receiver\r\nX-Slow: `, drips: true },
    { text: requestText('POST', WEBHOOK, { ...claim(), 'content-length': '200000' }, '{'), drips: true },
    { text: requestText('POST', WEBHOOK, { ...claim(), 'transfer-encoding': 'chunked' }, '1\r\n{\r\n'), drips: false },
  ]);
});

afterAll(async () => {
  slowSenders.stop();
  finish();
  await ended;
});

afterEach(expectUnharmed);

/** Alive, its memory bounded, and in Redis nothing but what was accepted: one inbox and an idempotency key for each event. */
async function expectUnharmed(): Promise<void> {
  expect((await fetch(`${hostile.service.url}/healthz`)).status).toBe(200);
  expect((await hostile.residentMb()) - residentMbBefore).toBeLessThan(MOST_GROWTH_MB);
  const { redis, bed } = hostile;
  const keys = await redis.keys(`${bed.prefix}*`);
  expect(keys.filter((key) => key.includes(':inbox:'))).toEqual([`${bed.prefix}:inbox:${HONEST}`]);
  expect(keys.filter((key) => key.includes(':seen:'))).toHaveLength(hostile.accepted());
  expect(keys.filter((key) => key.includes(HOSTILE))).toEqual([]);
  const entries = await redis.lrange(`${bed.prefix}:inbox:${HONEST}`, 0, -1);
  expect(entries).toHaveLength(hostile.accepted());
  expect(entries.filter((entry) => entry.includes(HOSTILE))).toEqual([]);
}

/** The answer to a POST while honest deliveries keep being answered. */
async function attack(body: string | Uint8Array, headers: Record<string, string>, path = WEBHOOK) {
  let answer = { status: 0, code: '' };
  await hostile.besideHonest(async () => {
    const { status, body: document } = await sendDelivery(hostile.service.url + path, body, {
      headers,
    });
    answer = { status, code: (document as { code?: string }).code ?? '' };
  });
  return answer;
}

// SECURITY.md: forged-signature
describe('signatures', () => {
  const body = eventOf(HOSTILE);
  const seconds = (offset = 0) => String(Math.floor(Date.now() / 1000) + offset);
  const withDigest = (spell: (content: string) => string) => () => {
    const timestamp = seconds();
    return { 'x-genesys-signature': spell(`${timestamp}.${body}`), 'x-genesys-timestamp': timestamp };
  };
  const right = (content: string) => signBody(SECRET, content);

  test.each<[name: string, headers: () => Record<string, string>]>([
    ['missing', () => ({ 'x-genesys-timestamp': seconds() })],
    ['empty', withDigest(() => '')],
    ['of another body', () => signed(eventOf(HOSTILE))],
    ['of the body alone, without its time', withDigest(() => signBody(SECRET, body))],
    ['with the time changed after signing', () => ({ ...signed(body), 'X-Genesys-Timestamp': seconds(-1) })],
    ['with the time taken out', () => ({ 'x-genesys-signature': signed(body)['X-Genesys-Signature'] ?? '' })],
    ['with a time that is none', () => ({ ...signed(body), 'X-Genesys-Timestamp': 'now' })],
    ['of another secret', () => signed(body, Date.now(), 'another-secret-of-more-than-16-bytes')],
    ['of the empty secret', withDigest((content) => createHmac('sha256', '').update(content).digest('hex'))],
    ['truncated by a digit', withDigest((content) => right(content).slice(0, -1))],
    ['truncated to half', withDigest((content) => right(content).slice(0, 32))],
    ['a byte too long', withDigest((content) => `${right(content)}00`)],
    ['of 12,000 digits', withDigest((content) => right(content).repeat(188))],
    ['by SHA-1', withDigest((content) => `sha1=${createHmac('sha1', SECRET).update(content).digest('hex')}`)],
    ['by SHA-512', withDigest((content) => createHmac('sha512', SECRET).update(content).digest('hex'))],
    [
      'by SHA-256 without a key',
      withDigest((content) =>
        createHash('sha256')
          .update(SECRET + content)
          .digest('hex'),
      ),
    ],
    ['that name another algorithm', withDigest((content) => `sha512=${right(content)}`)],
    ['that are no digits', withDigest(() => 'zz'.repeat(32))],
    ['of which the right one is the hundredth', withDigest((content) => `${'00,'.repeat(99)}${right(content)}`)],
    ['replaced by an API key', () => ({ 'x-api-key': SECRET })],
  ])('%s are answered with 401', async (_name, headers) => {
    expect(await attack(body, headers())).toEqual({ status: 401, code: 'not-authenticated' });
  });
});

// SECURITY.md: old-timestamp, replay, burnt-key, reused-key
describe('timestamps and replays', () => {
  test.each([
    [-299, 202],
    [299, 202],
    [-301, 401],
    [301, 401],
    [-86_400, 401],
    [86_400, 401],
  ])('a delivery signed %i s from now is answered with %i', async (offset, status) => {
    // An answer that took a second says nothing about a second's edge; repeated, the event is a duplicate at worst.
    await waitUntil(async () => {
      const now = Math.floor(Date.now() / 1000) * 1000;
      const body = eventOf(status === 202 ? HONEST : HOSTILE);
      const answer = await hostile.deliver(now + offset * 1000, body);
      if (Date.now() - now >= 1000) return false;
      expect(answer.status).toBe(status);
      return true;
    });
  });

  test('a key header that no signature covers makes no other event a duplicate', async () => {
    const [recorded, later] = [honestEvent(), honestEvent()];
    const { id } = JSON.parse(later) as { id: string };
    const burn = async (key: Record<string, string>) => {
      const options = { headers: { ...signed(recorded), ...key } };
      return (await sendDelivery(hostile.service.url + WEBHOOK, recorded, options)).body;
    };
    expect(await hostile.deliver(Date.now(), recorded)).toMatchObject({ status: 202, body: { accepted: 1 } });
    for (const header of ['idempotency-key', 'webhook-id', 'x-genesys-delivery']) {
      for (const key of [id, `event/${HONEST}/${id}`, `command/${HONEST}/${id}`]) {
        expect(await burn({ [header]: key })).toMatchObject({ accepted: 0, duplicate: 1 });
      }
    }
    expect(await hostile.deliver(Date.now(), later)).toMatchObject({ status: 202, body: { accepted: 1 } });
  });

  test('a known key with other content is refused, and stores nothing', async () => {
    const headers = { 'x-api-key': SENDER_KEY, 'idempotency-key': randomUUID() };
    const send = (body: string) => sendDelivery(hostile.service.url + WEBHOOK, body, { headers });
    const first = honestEvent();
    expect(await send(first)).toMatchObject({ status: 202, body: { accepted: 1 } });
    hostile.countAccepted(1);
    expect(await send(first)).toMatchObject({ status: 202, body: { duplicate: 1 } });
    expect(await send(honestEvent())).toMatchObject({ status: 409, body: { code: 'key-reused' } });
  });

  test('a recorded delivery that is sent again and again is stored once', async () => {
    const recorded = honestEvent();
    const signedAt = Date.now();
    const answers = await Promise.all(Array.from({ length: 100 }, () => hostile.deliver(signedAt, recorded)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(answers.filter(({ body }) => (body as { accepted: number }).accepted === 1)).toHaveLength(1);
  });
});

// SECURITY.md: signed-nonsense
describe('signed bodies that are no events', () => {
  const topic = 'v2.detail.events.conversation.{id}.customer.start';
  const flat = (fields: string) => `{"eventType":"${topic}",${fields}}`;
  const wide = `{${Array.from({ length: 25_000 }, (_, index) => `"${index.toString(36)}":0`).join(',')}}`;

  test.each<[name: string, body: string | Buffer, code: string]>([
    ['10,000 arrays in each other', '['.repeat(10_000) + ']'.repeat(10_000), 'nesting-too-deep'],
    ['10,000 objects in each other', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, 'nesting-too-deep'],
    ['25,000 keys', wide, 'envelope-unknown'],
    ['100,000 arrays that nobody closes', '['.repeat(100_000), 'not-json'],
    [
      'a key given twice, of which the last counts',
      flat(`"conversationId":"${HOSTILE}","conversationId":"../x"`),
      'conversation-id-invalid',
    ],
    ['__proto__', `{"__proto__":${flat(`"conversationId":"${HOSTILE}"`)}}`, 'envelope-unknown'],
    ['__proto__ of an event', flat(`"__proto__":{"conversationId":"${HOSTILE}"}`), 'conversation-id-missing'],
    ['a lone surrogate', flat('"conversationId":"\\ud800"'), 'conversation-id-invalid'],
    ['a lone surrogate in a topic', `{"eventType":"\\udfff","conversationId":"${HOSTILE}"}`, 'topic-invalid'],
    ['an escaped NUL', flat(`"conversationId":"${HOSTILE}\\u0000"`), 'conversation-id-invalid'],
    ['a NUL', flat(`"conversationId":"${HOSTILE}\0"`), 'not-json'],
    ['invalid UTF-8', Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]), 'not-utf8'],
    ['UTF-16', Buffer.from(flat(`"conversationId":"${HOSTILE}"`), 'utf16le'), 'not-json'],
    ['a path for an id', flat('"conversationId":"../../../users/me"'), 'conversation-id-invalid'],
    ['a number without end as its time', flat(`"conversationId":"${HOSTILE}","eventTime":1e999999`), 'time-invalid'],
    ['a good event beside a bad one', `[${flat(`"conversationId":"${HOSTILE}"`)},{}]`, 'envelope-unknown'],
    ['nothing', '', 'not-json'],
  ])('%s: 400', async (_name, body, code) => {
    expect(await attack(body, signed(body))).toEqual({ status: 400, code });
  });

  test('a text of 200 KB is not given to the regular expression and the split of a rule: the event matches none', async () => {
    const body = eventOf(HOSTILE, 'acw', { text: 'a'.repeat(200_000) });
    expect((await attack(body, signed(body))).status).toBe(202);
    for (const rule of ['slow-pattern', 'long-split']) {
      await hostile.service.waitForLog((line) => line.rule === rule && /cannot be evaluated/.test(String(line.msg)));
    }
  });
});

// SECURITY.md: slow-condition
test('health is served between the conditions of a delivery that uses up its rule time', async () => {
  const texts = Array.from({ length: 4_500 }, () => 'a'.repeat(44));
  const bodies = [eventOf(HOSTILE, 'acw', { texts, constructor: 'none' }), eventOf(HOSTILE, 'acw', { texts })];
  let [pending, served, slowestMs] = [bodies.length, 0, 0];
  await hostile.besideHonest(async () => {
    const answers = bodies.map((body) =>
      sendDelivery(hostile.service.url + WEBHOOK, body, { headers: signed(body) }).finally(() => {
        pending -= 1;
      }),
    );
    while (pending > 0) {
      const askedAt = performance.now();
      expect((await fetch(`${hostile.service.url}/healthz`)).status).toBe(200);
      slowestMs = Math.max(slowestMs, performance.now() - askedAt);
      served += 1;
    }
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([202, 202]);
  });
  await hostile.service.waitForLog(({ msg }) => /conditions of a delivery took too long/.test(String(msg)));
  console.log(
    `${served} times /healthz beside two deliveries that use up their rule time; the slowest took ${slowestMs.toFixed(0)} ms`,
  );
  // One before and one after, if the event loop were held for all of the rule time.
  expect(served).toBeGreaterThan(4);
});

// SECURITY.md: no-delivery, other-protocol
describe('requests that are no deliveries', () => {
  test.each<[name: string, method: string, headers: Record<string, string>, status: number]>([
    ['GET', 'GET', {}, 405],
    ['PUT', 'PUT', JSON_HEADERS, 405],
    ['DELETE', 'DELETE', {}, 405],
    ['TRACE', 'TRACE', {}, 405],
    ['no type', 'POST', {}, 415],
    ['a form', 'POST', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['text', 'POST', { 'content-type': 'text/plain' }, 415],
    ['a type that only begins like JSON', 'POST', { 'content-type': 'application/jsonp' }, 415],
    ['a compressed body', 'POST', { ...JSON_HEADERS, 'content-encoding': 'gzip' }, 415],
    ['headers of 20 KB', 'POST', { ...JSON_HEADERS, 'x-flood': 'x'.repeat(20_000) }, 431],
    [
      '3,000 headers',
      'POST',
      { ...JSON_HEADERS, ...Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`x-${i}`, 'y'])) },
      431,
    ],
    ['two framings', 'POST', { ...JSON_HEADERS, 'content-length': '5', 'transfer-encoding': 'chunked' }, 400],
    ['a length that is no number', 'POST', { ...JSON_HEADERS, 'content-length': '5x' }, 400],
    ['2 MB announced', 'POST', { ...JSON_HEADERS, 'content-length': String(2 * MB) }, 413],
  ])('%s', async (_name, method, headers, status) => {
    await hostile.besideHonest(async () => {
      const connection = await openConnection(hostile.port);
      connection.write(requestText(method, WEBHOOK, headers, eventOf(HOSTILE)));
      expect((await connection.answer()).status).toBe(status);
    });
  });

  test.each(['PLAY', 'SETUP', 'GET_PARAMETER', 'FLUSH'])('%s of RTSP: 404, and no line in the log', async (method) => {
    const known = hostile.service.logs.length;
    await hostile.besideHonest(async () => {
      const connection = await openConnection(hostile.port);
      connection.write(`${method} / RTSP/1.0\r\n\r\n`);
      expect(await connection.untilClosed()).toMatch(/^HTTP\/1\.1 404 /);
    });
    const lines = hostile.service.logs.slice(known);
    expect(lines.filter(({ level }) => level === 'error' || Number(level) >= 50)).toEqual([]);
    expect(JSON.stringify(lines)).not.toContain(method);
  });

  test('2 MB that are sent whatever is answered end with the connection', async () => {
    await hostile.besideHonest(async () => {
      const connection = await openConnection(hostile.port);
      connection.write(requestText('POST', WEBHOOK, { ...JSON_HEADERS, 'content-length': String(2 * MB) }));
      connection.write('x'.repeat(2 * MB));
      await connection.untilClosed();
    });
  });

  test('a body in chunks that never ends is cut off', async () => {
    await hostile.besideHonest(async () => {
      const { socket, untilClosed, write } = await openConnection(hostile.port);
      write(requestText('POST', WEBHOOK, { ...claim(), 'transfer-encoding': 'chunked' }));
      const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
      const more = () => {
        while (socket.writable && socket.write(chunk));
      };
      socket.on('drain', more);
      more();
      await untilClosed();
    });
  });
});

// SECURITY.md: flood
test('a flood of unsigned requests is answered with 401 one by one, and logged in few lines that tell how many they were', async () => {
  const FLOOD = 1_000;
  const linesOf = (more: (line: Record<string, unknown>) => boolean) => hostile.service.logs.filter(more);
  const told = () => {
    const single = linesOf(({ reason }) => reason === 'credentials-missing').length;
    const suppressed = linesOf(({ kind }) => kind === 'credentials-missing').map((line) => Number(line.suppressed));
    return { single, all: suppressed.reduce((sum, count) => sum + count, single) };
  };
  const before = told();
  await hostile.besideHonest(async () => {
    const body = eventOf(HOSTILE);
    for (let sent = 0; sent < FLOOD; sent += 100) {
      const answers = await Promise.all(Array.from({ length: 100 }, () => sendDelivery(hostile.service.url + WEBHOOK, body)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    }
  });
  await waitUntil(() => told().all - before.all === FLOOD, { what: 'a line with the number of the suppressed ones' });
  expect(told().single - before.single).toBeLessThan(FLOOD / 4);
});

// SECURITY.md: slow-sender
// They began before every other attack of this file.
test('200 senders that never end their headers or their bodies, or say nothing, are cut off', async () => {
  const endings = await slowSenders.endings;
  for (const ending of endings) expect(ending).toMatch(/^(HTTP\/1\.1 408 |reset$)/);
  expect(endings.filter((ending) => ending !== 'reset').length).toBeGreaterThan(0);
});

/** Some files are for everything else. */
const IDLE_CONNECTIONS = Math.min(4_000, openFilesLimit() - 1_000);

// SECURITY.md: idle-connections
test(`${IDLE_CONNECTIONS} connections that stay open and idle take nobody's place`, async () => {
  const sockets: Socket[] = [];
  try {
    await hostile.besideHonest(async () => {
      while (sockets.length < IDLE_CONNECTIONS) {
        const batch = Math.min(250, IDLE_CONNECTIONS - sockets.length);
        sockets.push(...(await Promise.all(Array.from({ length: batch }, () => openIdle(hostile.port)))));
      }
    });
    await hostile.besideHonest(async () => undefined);
    expect(sockets.filter(({ closed }) => !closed)).toHaveLength(IDLE_CONNECTIONS);
    await expectUnharmed();
  } finally {
    for (const socket of sockets) socket.destroy();
  }
});

// SECURITY.md: hostile-rules
describe('rules files that would stop the process', () => {
  test.each(HOSTILE_RULES)('%s: is refused while the process runs', async (_name, text, fault) => {
    await hostile.besideHonest(async () => {
      await writeFile(hostile.bed.rulesFile, text);
      const known = hostile.service.logs.length;
      process.kill(hostile.service.pid, 'SIGHUP');
      await waitUntil(() => hostile.service.logs.slice(known).some(({ msg }) => msg === 'the rules loaded before stay in force'));
      expect(hostile.service.logs.slice(known).map((line) => String(line.fault))).toContainEqual(expect.stringMatching(fault));
    });
  });

  test('the start is refused', async () => {
    const path = hostile.bed.rulesFile.replace('rules.yaml', 'hostile-rules.yaml');
    const [, text, fault] = HOSTILE_RULES[0] ?? expect.unreachable();
    await writeFile(path, text);
    await hostile.besideHonest(async () => {
      const failure = await hostile.bed
        .start({ env: { ROLE: 'receiver', RULES_FILE: path }, until: 'listening' })
        .catch((error: Error) => error);
      expect(failure).toMatchObject({ name: 'ServiceEndedError', exit: { code: 1 } });
      expect((failure as Error).message).toMatch(fault);
    });
  });
});
