import { describe, expect, test } from 'vitest';
import { isAboutConversation } from '../../../src/domain/delivered-event.ts';
import { parseDelivery } from '../../../src/envelopes/parse-delivery.ts';
import { type Fixture, readFixtures } from './fixtures.ts';

const RECEIVED_AT = Date.parse('2026-11-20T22:30:05.000Z');
const CONVERSATION = '3f0c4f0e-8a2b-4f5e-9a0e-6d1f4a1b2c3d';
const USER = '7a1c2b3d-4e5f-4a6b-9c7d-8e9f0a1b2c3d';
const QUEUE = '5c1e2d3f-4a5b-4c6d-8e7f-9a0b1c2d3e4f';

const DETAIL_TOPICS = [
  ...['acd.end', 'acd.start', 'acw', 'attributes', 'contact', 'customer.end', 'customer.start', 'flow.end', 'flow.outcome'],
  ...['flow.start', 'outbound', 'user.end', 'user.start', 'voicemail.end', 'voicemail.start', 'wrapup'],
];

/** The facts that differ between topics. */
const WITH_USER = ['user.start', 'user.end', 'acw'];
const WITH_QUEUE = [...WITH_USER, 'acd.start', 'acd.end', 'wrapup'];

function parseOne({ raw }: Fixture) {
  const [event, ...others] = parseDelivery(raw, { receivedAt: RECEIVED_AT, deliveryKey: null });
  if (event === undefined || others.length > 0 || !isAboutConversation(event)) throw new Error('expected one event');
  return event;
}

function fixture(envelope: 'event-bridge' | 'notification' | 'flat', name: string): Fixture {
  const found = readFixtures(envelope).find((each) => each.name === name);
  if (found === undefined) throw new Error(`no fixture ${envelope}/${name}`);
  return found;
}

describe.each(['event-bridge', 'notification', 'flat'] as const)('%s', (envelope) => {
  test.each(DETAIL_TOPICS)('%s', (topic) => {
    const event = parseOne(fixture(envelope, topic.replaceAll('.', '-')));
    const isAttributes = topic === 'attributes';
    expect(event).toMatchObject({
      topic: `v2.detail.events.conversation.{id}.${topic}`,
      conversationId: CONVERSATION,
      occurredAt: '2026-11-20T22:30:00.123Z',
      participantId: '91d0c1b2-5e44-4f7a-8b1d-0a2b3c4d5e6f',
      communicationId: isAttributes ? null : 'c7d8e9f0-1a2b-4c3d-8e4f-5a6b7c8d9e0f',
      userId: WITH_USER.includes(topic) ? USER : null,
      queueId: WITH_QUEUE.includes(topic) ? QUEUE : null,
      mediaType: isAttributes ? null : 'VOICE',
      direction: isAttributes ? null : topic === 'outbound' ? 'OUTBOUND' : 'INBOUND',
      address: isAttributes ? null : 'tel:+13175550100',
    });
  });

  test('keeps the body as it came', () => {
    const { raw } = fixture(envelope, 'acw');
    const sent = JSON.parse(raw.toString());
    const body = { 'event-bridge': sent.detail?.eventBody, notification: sent.eventBody, flat: sent }[envelope];
    expect(parseOne({ name: 'acw', raw }).body).toEqual(body);
    expect(body).toMatchObject({ wrapupNotes: 'Called about an invoice', wrapupDurationMs: 15_000 });
  });
});

test('an EventBridge event keeps the id of its envelope and the correlation id of its metadata', () => {
  expect(parseOne(fixture('event-bridge', 'acd-end'))).toMatchObject({
    id: expect.stringMatching(/^6a7e8368-ee9c-4b0f-9d3a-/),
    correlationId: expect.stringMatching(/^c0ffee00-/),
  });
});

test('a notification has no id, so its content is its id, in whatever order its fields come', () => {
  const { raw } = fixture('notification', 'acd-end');
  const sent = JSON.parse(raw.toString());
  const eventBody: Record<string, unknown> = Object.fromEntries(Object.entries(sent.eventBody).reverse());
  const reordered = { ...Object.fromEntries(Object.entries(sent).reverse()), eventBody };
  const id = parseOne({ name: '', raw }).id;
  expect(id).toMatch(/^[0-9a-f]{64}$/);
  expect(parseOne({ name: '', raw: Buffer.from(JSON.stringify(reordered)) }).id).toBe(id);
  eventBody.eventTime = sent.eventBody.eventTime + 1;
  expect(parseOne({ name: '', raw: Buffer.from(JSON.stringify(reordered)) }).id).not.toBe(id);
});

describe('snapshots', () => {
  const NO_PARTICIPANT = { participantId: null, communicationId: null, direction: null, ani: null, dnis: null, address: null };
  const MEDIA = [
    ['', null],
    ['.calls', 'VOICE'],
    ['.callbacks', 'CALLBACK'],
    ['.chats', 'CHAT'],
    ['.emails', 'EMAIL'],
    ['.messages', 'MESSAGE'],
  ] as const;

  test.each(MEDIA)('v2.users.{id}.conversations%s', (suffix, mediaType) => {
    const event = parseOne(fixture('notification', `users-conversations${suffix.replace('.', '-')}`));
    const topic = `v2.users.{id}.conversations${suffix}`;
    const expected = { ...NO_PARTICIPANT, topic, conversationId: CONVERSATION, userId: USER, queueId: null, mediaType };
    expect(event).toMatchObject(expected);
    expect(event.occurredAt).toBe('2026-11-20T22:30:05.000Z');
    expect(event.body).toHaveProperty('participants');
  });

  test.each(MEDIA)('v2.routing.queues.{id}.conversations%s', (suffix, mediaType) => {
    const event = parseOne(fixture('notification', `queues-conversations${suffix.replace('.', '-')}`));
    const topic = `v2.routing.queues.{id}.conversations${suffix}`;
    const expected = { ...NO_PARTICIPANT, topic, conversationId: CONVERSATION, userId: null, queueId: QUEUE, mediaType };
    expect(event).toMatchObject(expected);
  });
});
