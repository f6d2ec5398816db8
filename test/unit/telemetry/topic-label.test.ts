import fc from 'fast-check';
import { expect, it } from 'vitest';
import { topicLabel } from '../../../src/telemetry/topic-label.ts';

it.each([
  'v2.detail.events.conversation.{id}.customer.start',
  'v2.detail.events.conversation.{id}.flow.outcome',
  'v2.detail.events.conversation.{id}.acw',
  'v2.users.{id}.conversations',
  'v2.users.{id}.conversations.calls',
  'v2.routing.queues.{id}.conversations.messages',
  'v2.users.{id}.conversations.videos',
  'v2.conversations.{id}.transcription',
  'v2.conversations.chats.{id}.members',
  'v2.users.{id}.presence',
  'channel.metadata',
])('keeps %s', (topic) => expect(topicLabel(topic)).toBe(topic));

it.each([
  ['v2.audits.entitytype.{id}.entityid.{id}', 'v2.audits.**'],
  ['v2.operations.events', 'v2.operations.**'],
  ['v2.system.socket_closing', 'v2.system.**'],
])('counts %s with its family', (topic, label) => expect(topicLabel(topic)).toBe(label));

it.each([
  'v2.detail.events.conversation.{id}.customer.start.x',
  'v2.detail.events.conversation.7.customer.start',
  'v2.users.{id}.presence.x',
  '',
])('counts %j as other', (topic) => expect(topicLabel(topic)).toBe('other'));

it('never makes more labels than Genesys documents topics, whatever a sender invents', () => {
  const segment = fc.constantFrom(
    'v2',
    'users',
    'detail',
    'events',
    'conversation',
    'conversations',
    '{id}',
    'calls',
    'acw',
    'x',
  );
  const labels = new Set<string>();
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(segment, { maxLength: 8 }).map((parts) => parts.join('.')),
      ),
      (topic) => {
        labels.add(topicLabel(topic));
        return labels.size <= 51;
      },
    ),
  );
});
