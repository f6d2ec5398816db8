import { describe, expect, test } from 'vitest';
import { performStep } from '../../../simulator/call-step.ts';
import type { Conversation, Media } from '../../../simulator/conversation.ts';
import { buildSnapshot } from '../../../simulator/conversation-snapshot.ts';
import { buildDetailEvent, type DetailEventKind } from '../../../simulator/detail-event.ts';
import { buildEventBridgeEvent, buildNotification, detailEventContent } from '../../../simulator/event-envelope.ts';
import { createParticipant } from '../../../simulator/state-machine.ts';

const AT = Date.parse('2026-11-20T12:00:00.000Z');
const COMMON = ['conversationId', 'direction', 'eventTime', 'mediaType', 'participantId', 'provider', 'sessionId'];
const VOICE = [...COMMON, 'ani', 'dnis'];

function wrappedUp(media: Media = 'voice'): Conversation {
  const customer = createParticipant(
    {
      id: 'customer-1',
      purpose: 'customer',
      media,
      state: 'connected',
      direction: 'inbound',
      ani: 'tel:+13175550100',
      dnis: 'tel:+18005550199',
    },
    AT,
  );
  const start: Conversation = { id: 'call-1', startTime: new Date(AT).toISOString(), participants: [customer] };
  const steps = [
    { step: 'enter-queue', queueId: 'support' },
    { step: 'alert-agent', userId: 'agent-1' },
    { step: 'connect-agent' },
    { step: 'disconnect-agent' },
    { step: 'wrap-up', code: 'code-1', notes: 'done' },
  ] as const;
  return steps.reduce((conversation, step, index) => performStep(conversation, step, AT + index * 1000).conversation, start);
}

function detail(kind: DetailEventKind, purpose: string, conversation = wrappedUp()) {
  const participant = conversation.participants.find((each) => each.purpose === purpose);
  if (!participant) throw new Error(`no ${purpose}`);
  return buildDetailEvent({ kind, conversation, participant, at: AT + 10_000, attributes: { tier: 'gold' } });
}

describe('detail events carry the fields of Genesys’s models', () => {
  const expected: readonly [DetailEventKind, string, readonly string[]][] = [
    ['customer.start', 'customer', [...VOICE, 'divisionId']],
    ['customer.end', 'customer', [...VOICE, 'divisionId', 'disconnectType', 'interactingDurationMs']],
    ['acd.start', 'acd', [...VOICE, 'divisionId', 'queueId']],
    ['acd.end', 'acd', [...VOICE, 'divisionId', 'queueId', 'disconnectType', 'connectedDurationMs']],
    ['user.start', 'agent', [...VOICE, 'divisionId', 'queueId', 'userId']],
    ['user.end', 'agent', [...VOICE, 'divisionId', 'queueId', 'userId', 'disconnectType', 'interactingDurationMs']],
    ['acw', 'agent', [...VOICE, 'queueId', 'userId', 'wrapupCode', 'wrapupNotes', 'wrapupDurationMs']],
    ['wrapup', 'agent', [...VOICE, 'queueId', 'wrapupCode', 'wrapupNotes', 'wrapupDurationMs']],
    ['attributes', 'customer', ['eventTime', 'conversationId', 'participantId', 'attributes', 'communications']],
  ];
  test.each(expected)('%s of the %s', (kind, purpose, fields) => {
    const { eventBody } = detail(kind, purpose);
    expect(Object.keys(eventBody).sort()).toEqual([...fields].sort());
    expect(Object.values(eventBody)).not.toContain(undefined);
    expect(eventBody).toMatchObject({ eventTime: AT + 10_000, conversationId: 'call-1' });
  });

  test('media other than voice have addresses in place of telephone numbers', () => {
    const { eventBody } = detail('customer.start', 'customer', wrappedUp('message'));
    expect(eventBody).toMatchObject({ mediaType: 'MESSAGE', addressFrom: 'tel:+13175550100', addressTo: 'tel:+18005550199' });
    expect(eventBody).not.toHaveProperty('ani');
  });

  test('an attributes event tells what was written, and where', () => {
    const { eventBody } = detail('attributes', 'customer');
    expect(eventBody).toMatchObject({ attributes: { tier: 'gold' }, communications: [{ mediaType: 'VOICE' }] });
  });
});

describe('envelopes', () => {
  const content = detailEventContent(detail('customer.start', 'customer'));

  test('EventBridge names the topic twice, with and without the id', () => {
    const event = buildEventBridgeEvent(content, 'delivery-1');
    expect(event).toMatchObject({
      version: '0',
      id: 'delivery-1',
      'detail-type': 'v2.detail.events.conversation.{id}.customer.start',
      source: expect.stringMatching(/^aws\.partner\/genesys\.com\/cloud\/[^/]+\/[^/]+$/),
      time: '2026-11-20T12:00:10Z',
      resources: [],
      detail: {
        topicName: 'v2.detail.events.conversation.call-1.customer.start',
        eventBody: { conversationId: 'call-1', eventTime: AT + 10_000 },
        metadata: { CorrelationId: expect.any(String) },
        timestamp: '2026-11-20T12:00:10.000Z',
      },
    });
  });

  test('EventBridge gives each delivery an id of its own', () => {
    expect(buildEventBridgeEvent(content).id).not.toBe(buildEventBridgeEvent(content).id);
  });

  test('a notification has topic, body and metadata', () => {
    expect(Object.keys(buildNotification(content)).sort()).toEqual(['eventBody', 'metadata', 'topicName', 'version']);
  });

  test('a snapshot is the conversation, on the topic of the agent', () => {
    const snapshot = buildSnapshot(wrappedUp(), 'agent-1', 'voice', AT);
    expect(snapshot.topicName).toBe('v2.users.agent-1.conversations.calls');
    expect(snapshot.eventBody).toMatchObject({
      id: 'call-1',
      participants: [
        { purpose: 'customer', state: 'connected' },
        { purpose: 'acd' },
        { purpose: 'agent', user: { id: 'agent-1' }, queue: { id: 'support' } },
      ],
    });
  });
});
