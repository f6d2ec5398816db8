import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '../../../src/domain/canonical-json.ts';
import type { ConversationEvent } from '../../../src/domain/conversation-event.ts';
import { isAboutConversation } from '../../../src/domain/delivered-event.ts';
import type { JsonObject } from '../../../src/domain/json-object.ts';
import { EnvelopeError } from '../../../src/envelopes/envelope-error.ts';
import { parseDelivery, READERS } from '../../../src/envelopes/parse-delivery.ts';
import { listEnvelopes, readAllFixtures, readFixtures } from './fixtures.ts';

const ORIGIN = { receivedAt: 1_795_213_800_000, deliveryKey: null };
const NULLABLE = [
  ...(['participantId', 'communicationId', 'userId', 'queueId', 'mediaType', 'direction', 'ani', 'dnis'] as const),
  ...(['address', 'correlationId'] as const),
];
const RUNS = { numRuns: 2_000 };

function parseOrRefuse(raw: Buffer): ConversationEvent[] {
  try {
    return parseDelivery(raw, ORIGIN).filter(isAboutConversation);
  } catch (error) {
    expect(error).toBeInstanceOf(EnvelopeError);
    return [];
  }
}

function expectValid(event: ConversationEvent): void {
  expect(event.id).toMatch(/^[\x20-\x7e]{1,200}$/);
  expect(event.topic).toMatch(/^[\x20-\x7e]{1,260}$/);
  expect(event.conversationId).toMatch(/^[A-Za-z0-9_.:-]{1,128}$/);
  expect(new Date(event.occurredAt).toISOString()).toBe(event.occurredAt);
  for (const name of NULLABLE) expect(event[name] === null || (typeof event[name] === 'string' && event[name] !== '')).toBe(true);
  expect(Object.getPrototypeOf(event.body)).toBe(Object.prototype);
  expect(JSON.parse(JSON.stringify(event))).toEqual(event);
}

function holds(raw: Buffer): void {
  for (const event of parseOrRefuse(raw)) expectValid(event);
}

const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\ud800', '__proto__', '\u0000', '..', 'constructor'));
const anyJson = fc.oneof(fc.jsonValue(), anyText, fc.double(), fc.dictionary(anyText, fc.jsonValue()));
const topic = fc.oneof(
  anyText,
  fc.constantFrom('v2.users.u.conversations', 'v2.detail.events.conversation.c.acw', 'relay.event'),
);
const bodyFields = { conversationId: fc.oneof(fc.constant('c-1'), anyJson), id: anyJson, eventTime: anyJson, direction: anyJson };
const body = fc.record({ ...bodyFields, address: anyJson, userId: anyJson, ani: anyJson }, { requiredKeys: [] });
const notification = fc.record(
  { topicName: topic, eventBody: body, metadata: anyJson, timestamp: anyJson },
  { requiredKeys: ['eventBody'] },
);
const bridge = fc.record(
  { 'detail-type': topic, id: anyJson, time: anyJson, detail: notification },
  { requiredKeys: ['detail'] },
);
const flat = fc.tuple(body, topic).map(([fields, eventType]) => ({ ...fields, eventType }));
const event = fc.oneof(notification, bridge, flat, anyJson);

test('no bytes make the parser throw anything but its own error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => holds(Buffer.from(bytes))),
    RUNS,
  );
});

test('no JSON does, and whatever is accepted is valid', () => {
  fc.assert(
    fc.property(fc.oneof(event, fc.array(event, { maxLength: 4 })), (value) => holds(Buffer.from(JSON.stringify(value) ?? ''))),
    RUNS,
  );
});

test('no damaged event of a real sender does', () => {
  const damage = fc.record({ at: fc.nat(), remove: fc.nat(20), insert: fc.uint8Array({ maxLength: 20 }) });
  fc.assert(
    fc.property(fc.constantFrom(...readAllFixtures()), fc.array(damage, { maxLength: 3 }), ({ raw }, damages) => {
      const damaged = damages.reduce((bytes, { at, remove, insert }) => {
        const start = at % (bytes.length + 1);
        return Buffer.concat([bytes.subarray(0, start), insert, bytes.subarray(start + remove)]);
      }, raw);
      holds(damaged);
    }),
    RUNS,
  );
});

test('every reader has a folder of saved events, and every folder a reader', () => {
  const readerOf = (event: JsonObject) => READERS.find((read) => read(event) !== null);
  const found = listEnvelopes().map((envelope) => {
    const readers = new Set(readFixtures(envelope).map(({ raw }) => readerOf(JSON.parse(raw.toString()))));
    expect([envelope, readers.size, readers.has(undefined)]).toEqual([envelope, 1, false]);
    return [...readers][0];
  });
  expect(new Set(found)).toEqual(new Set(READERS));
});

test('a reader returns, and throws nothing but an EnvelopeError, whatever stands in place of the members it knows', () => {
  const members = new Set(readAllFixtures().flatMap(({ raw }) => namesIn(JSON.parse(raw.toString()))));
  const strange = fc.dictionary(fc.constantFrom(...members), anyJson, { maxKeys: 6 });
  const saved = fc.constantFrom(...readAllFixtures()).map(({ raw }) => JSON.parse(raw.toString()) as JsonObject);
  const damaged = fc.tuple(saved, strange).map(([event, others]) => withMembers(event, others) as JsonObject);
  fc.assert(
    fc.property(fc.oneof(damaged, strange), (event) => {
      for (const read of READERS) {
        try {
          read(event);
        } catch (error) {
          expect(error).toBeInstanceOf(EnvelopeError);
        }
      }
      holds(Buffer.from(JSON.stringify(event)));
    }),
    RUNS,
  );
});

function namesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(namesIn);
  return Array.isArray(value) ? inner : [...Object.keys(value), ...inner];
}

/** The value with other members, at every depth, in place of those of the same name. */
function withMembers(value: unknown, others: JsonObject): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => withMembers(item, others));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      Object.hasOwn(others, name) ? others[name] : withMembers(member, others),
    ]),
  );
}

test('a well-formed event of any sender is accepted', () => {
  const id = fc.stringMatching(/^[A-Za-z0-9_:-]{1,36}$/);
  fc.assert(
    fc.property(id, fc.dictionary(fc.string(), fc.jsonValue()), (conversationId, extra) => {
      const sent = { ...extra, topicName: 'v2.detail.events.conversation.c.acw', eventBody: { conversationId } };
      const [parsed] = parseDelivery(Buffer.from(JSON.stringify({ metadata: {}, ...sent, timestamp: null, time: null })), ORIGIN);
      expect(parsed?.conversationId).toBe(conversationId);
    }),
  );
});

test('canonical JSON is JSON of the same value, and the same for every order of members', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const parsed = JSON.parse(JSON.stringify(value));
      expect(JSON.parse(canonicalJson(parsed))).toEqual(parsed);
      expect(canonicalJson(reversed(parsed))).toBe(canonicalJson(parsed));
    }),
  );
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).reverse();
  return Object.fromEntries(members.map(([name, member]) => [name, reversed(member)]));
}
