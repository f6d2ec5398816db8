import { expect, test } from 'vitest';
import { generalizeTopic, mediaTypeOf, ownerOf } from '../../../src/envelopes/topic.ts';

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
  ['v2.conversations.c-1.transcription', 'v2.conversations.{id}.transcription'],
  ['v2.conversations.chats.c-1.messages', 'v2.conversations.chats.{id}.messages'],
  ['v2.conversations.calls', 'v2.conversations.calls'],
  [`relay.${UUID}.started`, 'relay.{id}.started'],
  ['conversation.started', 'conversation.started'],
  [`prefix-${UUID}`, `prefix-${UUID}`],
])('%s is %s', (topic, expected) => {
  expect(generalizeTopic(topic)).toBe(expected);
});

test.each([
  ['v2.users.u-1.conversations', { userId: 'u-1', queueId: null }, null],
  ['v2.routing.queues.q-1.conversations.calls', { userId: null, queueId: 'q-1' }, 'VOICE'],
  ['v2.users.{id}.conversations.chats', { userId: null, queueId: null }, 'CHAT'],
  ['v2.users.u-1.conversations.cobrowsesessions', { userId: 'u-1', queueId: null }, 'COBROWSE'],
  ['v2.users.u-1.conversations.screenshares', { userId: 'u-1', queueId: null }, 'SCREENSHARE'],
  ['v2.users.u-1.conversations.socialexpressions', { userId: 'u-1', queueId: null }, 'SOCIALEXPRESSION'],
  ['v2.users.u-1.conversations.videos', { userId: 'u-1', queueId: null }, 'VIDEO'],
  [`v2.conversations.${UUID}`, { userId: null, queueId: null }, null],
  ['v2.conversations.calls', { userId: null, queueId: null }, 'VOICE'],
])('%s says whose it is and its medium', (topic, owner, mediaType) => {
  expect(ownerOf(topic)).toEqual(owner);
  expect(mediaTypeOf(generalizeTopic(topic))).toBe(mediaType);
});
