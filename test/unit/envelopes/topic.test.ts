import { describe, expect, test } from 'vitest';
import { generalizeTopic, snapshotOf } from '../../../src/envelopes/topic.ts';

const UUID = '3f0c4f0e-8a2b-4f5e-9a0e-6d1f4a1b2c3d';

test.each([
  [`v2.detail.events.conversation.${UUID}.customer.start`, 'v2.detail.events.conversation.{id}.customer.start'],
  ['v2.detail.events.conversation.c-1.acw', 'v2.detail.events.conversation.{id}.acw'],
  ['v2.detail.events.conversation.{id}.acw', 'v2.detail.events.conversation.{id}.acw'],
  ['v2.users.agent-1.conversations', 'v2.users.{id}.conversations'],
  ['v2.users.agent-1.conversations.calls', 'v2.users.{id}.conversations.calls'],
  ['v2.routing.queues.support.conversations', 'v2.routing.queues.{id}.conversations'],
  [`v2.routing.queues.${UUID}.conversations.emails`, 'v2.routing.queues.{id}.conversations.emails'],
  [`v2.conversations.${UUID.toUpperCase()}`, 'v2.conversations.{id}'],
  [`relay.${UUID}.started`, 'relay.{id}.started'],
  ['conversation.started', 'conversation.started'],
  [`prefix-${UUID}`, `prefix-${UUID}`],
])('%s is %s', (topic, expected) => {
  expect(generalizeTopic(topic)).toBe(expected);
});

describe('a snapshot', () => {
  const read = (topic: string) => snapshotOf(topic, generalizeTopic(topic));

  test('says of whom it is when the topic has the real id', () => {
    expect(read('v2.users.u-1.conversations')).toEqual({ userId: 'u-1', queueId: null, mediaType: null });
    expect(read('v2.routing.queues.q-1.conversations.calls')).toEqual({ userId: null, queueId: 'q-1', mediaType: 'VOICE' });
    expect(read('v2.users.{id}.conversations.chats')).toEqual({ userId: null, queueId: null, mediaType: 'CHAT' });
    expect(read(`v2.conversations.${UUID}`)).toEqual({ userId: null, queueId: null, mediaType: null });
    expect(read('v2.conversations.calls')).toEqual({ userId: null, queueId: null, mediaType: 'VOICE' });
  });

  test.each(['v2.detail.events.conversation.c-1.acw', 'v2.users.u-1.presence', 'v2.users.u-1.conversationsummary', 'x'])(
    'is not %s',
    (topic) => {
      expect(read(topic)).toBeNull();
    },
  );
});
