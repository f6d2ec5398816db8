import { describe, expect, test } from 'vitest';
import { isAboutConversation } from '../../../src/domain/delivered-event.ts';
import { EnvelopeError } from '../../../src/envelopes/envelope-error.ts';
import { parseDelivery } from '../../../src/envelopes/parse-delivery.ts';

const RECEIVED_AT = Date.parse('2026-11-20T22:30:05.000Z');
const flat = { eventType: 'v2.detail.events.conversation.c-1.customer.start', conversationId: 'c-1' };

function deliver(value: unknown, deliveryKey: string | null = null) {
  const raw = Buffer.isBuffer(value) ? value : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  return parseDelivery(raw, { receivedAt: RECEIVED_AT, deliveryKey });
}

function parse(value: unknown, deliveryKey: string | null = null) {
  return deliver(value, deliveryKey).filter(isAboutConversation);
}

function fault(value: unknown) {
  try {
    parse(value);
  } catch (error) {
    if (error instanceof EnvelopeError) return { code: error.code, position: error.position };
    throw error;
  }
  return null;
}

function one(fields: Record<string, unknown>, deliveryKey: string | null = null) {
  const [event] = parse({ ...flat, ...fields }, deliveryKey);
  if (event === undefined) throw new Error('expected an event');
  return event;
}

describe('what is no delivery', () => {
  test.each([
    ['an empty body', '', 'not-json'],
    ['half a body', '{"topicName":', 'not-json'],
    ['a NUL', '{"a":"\0"}', 'not-json'],
    ['a byte order mark', '\uFEFF{}', 'not-json'],
    ['invalid UTF-8', Buffer.from([0x22, 0xc3, 0x28, 0x22]), 'not-utf8'],
    ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'not-utf8'],
    ['text', '"event"', 'not-an-object'],
    ['null', 'null', 'not-an-object'],
    ['10,000 arrays in each other', '['.repeat(10_000) + ']'.repeat(10_000), 'nesting-too-deep'],
    ['10,000 objects in each other', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, 'nesting-too-deep'],
    ['an object without an envelope', '{}', 'envelope-unknown'],
  ])('%s', (_name, raw, code) => {
    expect(fault(raw)).toEqual({ code, position: null });
  });

  test('nesting of 100 levels is still read', () => {
    const nested = `${'['.repeat(99)}${']'.repeat(99)}`;
    expect(fault(`{"eventType":"t","conversationId":"c","deep":${nested}}`)).toBeNull();
    expect(fault(`{"eventType":"t","conversationId":"c","deep":[${nested}]}`)).toMatchObject({ code: 'nesting-too-deep' });
  });
});

describe('arrays', () => {
  test('keep the order of their events', () => {
    const ids = parse(['a', 'b', 'c'].map((eventId) => ({ ...flat, eventId }))).map(({ id }) => id);
    expect(ids).toEqual(['a', 'b', 'c']);
  });

  test('hold at most 1,000 events', () => {
    const array = (length: number) => Array.from({ length }, () => flat);
    expect(parse(array(1_000))).toHaveLength(1_000);
    expect(fault(array(1_001))).toEqual({ code: 'too-many-events', position: null });
  });

  test('of nothing hold no event', () => {
    expect(parse('[]')).toEqual([]);
  });

  test.each([
    ['no object', 7, 'not-an-object'],
    ['an array', [flat], 'not-an-object'],
    ['no envelope', { conversationId: 'c-1' }, 'envelope-unknown'],
    ['no conversation', { eventType: 'conversation.started' }, 'conversation-id-missing'],
    ['a bad time', { ...flat, eventTime: 'yesterday' }, 'time-invalid'],
    ['a bad topic', { ...flat, eventType: 'naïve' }, 'topic-invalid'],
  ])('name the position of %s', (_name, bad, code) => {
    expect(fault([flat, flat, bad, {}])).toEqual({ code, position: 2 });
  });
});

describe('the idempotency key', () => {
  test('is the header, then the id of the envelope, then the digest of the content', () => {
    expect(one({ eventId: 'own' }, 'header').id).toBe('header');
    expect(one({ eventId: 'own' }).id).toBe('own');
    expect(one({ id: 'own' }).id).toBe('own');
    expect(one({}).id).toMatch(/^[0-9a-f]{64}$/);
  });

  test('of an array is the header only when it holds one event', () => {
    expect(parse([{ ...flat, eventId: 'own' }], 'header').map(({ id }) => id)).toEqual(['header']);
    const two = ['a', 'b'].map((eventId) => ({ ...flat, eventId }));
    expect(parse(two, 'header').map(({ id }) => id)).toEqual(['a', 'b']);
  });

  test.each([
    ['too long', 'k'.repeat(201)],
    ['holding control characters', 'a\r\nb'],
    ['not ASCII', 'schlüssel'],
  ])('that is %s is replaced by its digest, one for each key', (_name, key) => {
    expect(one({}, key).id).toMatch(/^[0-9a-f]{64}$/);
    expect(one({}, key).id).toBe(one({ other: 1 }, key).id);
    expect(one({}, key).id).not.toBe(one({}, `${key}!`).id);
  });

  test('tells keys apart that differ in a lone surrogate only', () => {
    expect(one({ eventId: '\ud800' }).id).not.toBe(one({ eventId: '\ud801' }).id);
  });

  test('is not an id that only repeats what the event is about', () => {
    const first = one({ id: 'c-1', eventTime: 1_795_213_800_000 });
    const second = one({ id: 'c-1', eventTime: 1_795_213_800_001 });
    expect(first.id).not.toBe(second.id);
  });
});

describe('the conversation id', () => {
  test.each(['c', '3f0c4f0e-8a2b-4f5e-9a0e-6d1f4a1b2c3d', 'a_b.c:d-e', '...', 'x'.repeat(128)])('may be %j', (conversationId) => {
    expect(one({ conversationId }).conversationId).toBe(conversationId);
  });

  test.each([
    ...['.', '..', 'a/b', 'a\\b', 'a?b', 'a#b', 'a%2fb', 'a b', 'a\nb', 'ä', '\u0000', '\ud800', 'x'.repeat(129)],
    ...[7, true, ['c-1'], { id: 'c-1' }],
  ])('may not be %j', (conversationId) => {
    expect(fault({ ...flat, conversationId })).toEqual({ code: 'conversation-id-invalid', position: null });
  });

  test.each(['', ' ', null, '${input.conversationId}', '$!{input.conversationId}', '$esc.jsonString(${input.conversationId})'])(
    'is missing where it is %j',
    (conversationId) => {
      expect(fault({ ...flat, conversationId })).toEqual({ code: 'conversation-id-missing', position: null });
    },
  );

  test.each([
    ['a snapshot', { topicName: 'v2.conversations.videos', eventBody: { id: 'c-1', participants: [] } }],
    [
      'a chat message',
      { topicName: 'v2.conversations.chats.c-1.messages', eventBody: { id: 'm-1', conversation: { id: 'c-1' } } },
    ],
    ['a transcription', { topicName: 'v2.conversations.c-1.transcription', eventBody: { id: 'x', conversationId: 'c-1' } }],
    [
      'a notification that a relay completed',
      { topicName: 'relay.said', conversationId: 'c-1', eventBody: { conversationId: '' } },
    ],
  ])('of %s', (_name, event) => {
    expect(parse(event)).toMatchObject([{ conversationId: 'c-1' }]);
  });

  test('is not taken from the id of a body that is no snapshot', () => {
    const event = { topicName: 'v2.detail.events.conversation.c-1.acw', eventBody: { id: 'c-1' } };
    expect(fault(event)).toEqual({ code: 'conversation-id-missing', position: null });
  });
});

describe('an event about something else', () => {
  const EVENT_BRIDGE = {
    'detail-type': 'v2.users.{id}.presence',
    id: 'e-1',
    detail: { topicName: 'v2.users.u-1.presence', eventBody: {} },
  };
  const notification = (topicName: string, eventBody: unknown = {}) => ({ topicName, eventBody });

  test.each([
    ['presence over EventBridge', EVENT_BRIDGE, 'v2.users.{id}.presence'],
    ['an audit', notification('v2.audits.entitytype.queue.entityid.q-1'), 'v2.audits.entitytype.queue.entityid.q-1'],
    ['a summary', notification('v2.users.u-1.conversationsummary', { call: {} }), 'v2.users.{id}.conversationsummary'],
    ['a heartbeat', notification('channel.metadata', { message: 'WebSocket Heartbeat' }), 'channel.metadata'],
    ['a socket that closes', { topicName: 'v2.system.socket_closing', message: 'soon' }, 'v2.system.socket_closing'],
    ["another vendor's", { 'detail-type': 'Scheduled Event', source: 'aws.events', detail: {} }, 'Scheduled Event'],
    ['a flat event that names none', { eventType: 'invoice.paid', conversationId: '' }, 'invoice.paid'],
    ['with a time that nobody reads', { ...notification('v2.operations.events'), timestamp: 'soon' }, 'v2.operations.events'],
  ])('is no error: %s', (_name, event, topic) => {
    expect(deliver([flat, event])).toMatchObject([{ conversationId: 'c-1' }, { topic, conversationId: null }]);
  });

  test.each([
    'v2.detail.events.conversation.c-1.acw',
    'v2.conversations.c-1.transcription',
    'v2.conversations.chats.c-1.messages',
    'v2.users.u-1.conversations.calls',
    'v2.routing.queues.q-1.conversations',
    'relay.conversation.started',
  ])('is not what claims to be about a conversation: %s', (topicName) => {
    expect(fault({ topicName, eventBody: {} })).toEqual({ code: 'conversation-id-missing', position: null });
  });
});

describe('what came over a relay', () => {
  const bridge = { 'detail-type': 't', id: 'e-1', detail: { topicName: flat.eventType, eventBody: { conversationId: 'c-1' } } };
  const grid = { id: 'g-1', subject: 's', eventType: 'GenesysCloudEvent', dataVersion: '1.0', eventTime: '2026-11-20T22:30:00Z' };

  test.each([
    ['Event Grid, as the blueprint sends it', { ...grid, data: { message: bridge } }, 'e-1'],
    ['Event Grid, with the event as its data', { ...grid, data: bridge }, 'e-1'],
    ['Event Grid, with a notification', { ...grid, data: bridge.detail }, 'g-1'],
    ['CloudEvents', { specversion: '1.0', id: 'g-1', type: 't', source: 's', data: bridge }, 'e-1'],
  ])('%s', (_name, event, id) => {
    expect(parse([event])).toMatchObject([
      { id, conversationId: 'c-1', topic: 'v2.detail.events.conversation.{id}.customer.start' },
    ]);
  });

  test('Event Grid itself, about a subscription, is about something else', () => {
    const validation = { ...grid, eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent', data: { validationCode: 'x' } };
    expect(deliver([validation])).toMatchObject([{ conversationId: null }]);
  });
});

test('an Open Messaging body is refused with a sentence that says what it is', () => {
  const channel = { platform: 'Open', type: 'Private', to: { id: 'x' }, time: '2026-11-20T22:30:00Z' };
  expect(() => parse({ id: 'm-1', channel, type: 'Text', text: 'hello', direction: 'Outbound' })).toThrow(/Open Messaging/);
  expect(fault({ id: 'm-1', channel, type: 'Event' })).toEqual({ code: 'envelope-unknown', position: null });
});

describe('the parties', () => {
  test('of a chat message are its sender', () => {
    const eventBody = { id: 'm-1', conversation: { id: 'c-1' }, sender: { id: 'leg-1' } };
    expect(parse({ topicName: 'v2.conversations.chats.c-1.messages', eventBody })).toMatchObject([
      { topic: 'v2.conversations.chats.{id}.messages', communicationId: 'leg-1', mediaType: 'CHAT' },
    ]);
  });

  test('of a transcription are its communication', () => {
    const eventBody = { conversationId: 'c-1', communicationId: 'leg-1' };
    expect(parse({ topicName: 'v2.conversations.c-1.transcription', eventBody })).toMatchObject([
      { topic: 'v2.conversations.{id}.transcription', communicationId: 'leg-1', participantId: null, mediaType: null },
    ]);
  });
});

describe('the time', () => {
  const bridge = (eventTime: unknown, timestamp?: unknown, time?: unknown) => ({
    'detail-type': 't',
    time,
    detail: { timestamp, eventBody: { conversationId: 'c-1', eventTime } },
  });

  test('is that of the body, then of the detail, then of the envelope, then of receipt', () => {
    const times = [1_795_213_800_123, '2026-11-20T22:30:01Z', '2026-11-20T22:30:02Z'] as const;
    const occurredAt = (event: unknown) => parse(event)[0]?.occurredAt;
    expect(occurredAt(bridge(...times))).toBe('2026-11-20T22:30:00.123Z');
    expect(occurredAt(bridge(null, times[1], times[2]))).toBe('2026-11-20T22:30:01.000Z');
    expect(occurredAt(bridge(undefined, undefined, times[2]))).toBe('2026-11-20T22:30:02.000Z');
    expect(occurredAt(bridge(undefined))).toBe('2026-11-20T22:30:05.000Z');
  });

  test('that cannot be read is no reason to take another one', () => {
    expect(fault(bridge('soon', '2026-11-20T22:30:01Z'))).toEqual({ code: 'time-invalid', position: null });
  });
});

describe('the address', () => {
  const numbers = { addressFrom: 'from', addressTo: 'to', ani: 'ani', dnis: 'dnis' };
  test.each([
    ['the explicit one', { ...numbers, direction: 'INBOUND', address: 'explicit' }, 'explicit'],
    ['the sender of an inbound conversation', { ...numbers, direction: 'inbound' }, 'from'],
    ['the receiver of an outbound conversation', { ...numbers, direction: 'OUTBOUND' }, 'to'],
    ['the ani of an inbound call', { direction: 'INBOUND', ani: 'ani', dnis: 'dnis' }, 'ani'],
    ['the dnis of an outbound call', { direction: 'OUTBOUND', ani: 'ani', dnis: 'dnis' }, 'dnis'],
    ['none without a direction, which would be a guess', numbers, null],
  ])('is %s', (_name, fields, address) => {
    expect(one(fields).address).toBe(address);
  });
});

test.each(['', '  ', '${input.x}', '$!{input.x}', '$input.x', '$esc.jsonString(${input.x})'])(
  'a data action that has no value for its variable (%j) leaves the field absent, times included',
  (nothing) => {
    const fields = {
      participantId: nothing,
      userId: nothing,
      eventTime: nothing,
      timestamp: nothing,
      eventId: nothing,
      topicName: nothing,
    };
    const event = one(fields);
    expect(event).toMatchObject({ participantId: null, userId: null, occurredAt: '2026-11-20T22:30:05.000Z' });
    expect(event.id).toMatch(/^[0-9a-f]{64}$/);
    expect(event.body).toMatchObject(fields);
  },
);

test('fields that are no text, or empty, are null', () => {
  const event = one({ participantId: '', userId: 7, queueId: {}, mediaType: ['VOICE'], direction: true, ani: null });
  expect(event).toMatchObject({ participantId: null, userId: null, queueId: null, mediaType: null, direction: null, ani: null });
});

test('an event whose keys try to reach a prototype reaches none', () => {
  const raw = `{"eventType":"t","conversationId":"c","__proto__":{"polluted":1},"a":[{"__proto__":{"polluted":1},"constructor":{"prototype":{}}}]}`;
  const [event] = parse(raw);
  expect(Object.getPrototypeOf(event?.body)).toBe(Object.prototype);
  expect(JSON.stringify(event?.body)).not.toContain('__proto__');
  expect({ ...event?.body }).not.toHaveProperty('polluted');
  expect({}).not.toHaveProperty('polluted');
});

test('of duplicate keys the last counts', () => {
  expect(parse('{"eventType":"t","conversationId":"first","conversationId":"last"}')[0]?.conversationId).toBe('last');
});

test('the correlation id is found in whatever case it is written', () => {
  const eventBody = { conversationId: 'c-1' };
  for (const name of ['CorrelationId', 'correlationId', 'CORRELATIONID']) {
    expect(parse({ topicName: 't', eventBody, metadata: { [name]: 'abc' } })[0]?.correlationId).toBe('abc');
  }
  expect(one({ correlationId: 'flat' }).correlationId).toBe('flat');
  expect(one({ metadata: 'none' }).correlationId).toBeNull();
});
