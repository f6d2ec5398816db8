import { expect, test } from 'vitest';
import { neededTopics, toEventPattern, toTerraform } from '../../../scripts/needed-topics.ts';

test('the topics that patterns need: wildcards stand for several, and hookpatch’s own need the snapshots', () => {
  const patterns = ['v2.detail.events.conversation.*.customer.*', 'hookpatch.conversation.**', 'relay.conversation.started'];
  expect(neededTopics(patterns)).toEqual({
    topics: [
      'v2.detail.events.conversation.{id}.customer.end',
      'v2.detail.events.conversation.{id}.customer.start',
      'v2.routing.queues.{id}.conversations',
    ],
    unknown: ['relay.conversation.started'],
  });
});

test('as Terraform and as an event pattern', () => {
  const { topics } = neededTopics(['v2.detail.events.conversation.{id}.acw']);
  expect(toTerraform(topics)).toBe('topics = [\n  "v2.detail.events.conversation.{id}.acw",\n]');
  expect(JSON.parse(toEventPattern(topics))).toEqual({
    source: [{ prefix: 'aws.partner/genesys.com' }],
    'detail-type': ['v2.detail.events.conversation.{id}.acw'],
  });
});
