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
])('keeps %s', (topic) => expect(topicLabel(topic)).toBe(topic));

it.each([
  'v2.detail.events.conversation.{id}.customer.start.x',
  'v2.detail.events.conversation.7.customer.start',
  'v2.users.{id}.presence',
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
        return labels.size <= 29;
      },
    ),
  );
});
