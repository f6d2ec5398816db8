import { randomUUID } from 'node:crypto';
import { buildSnapshot } from '../../simulator/conversation-snapshot.ts';
import { buildNotification } from '../../simulator/event-envelope.ts';
import { eventBridge, notification } from './build-event.ts';
import { type DemoCall, TRACE_ID } from './demo-call.ts';
import { placeConversation } from './place-conversation.ts';

/** Ids of a kind that is seen in events but that the Platform API does not know. */
const unknownIds = (...fields: string[]) => Object.fromEntries(fields.map((field) => [field, randomUUID()]));

/** The plain case; its trace is the one that is drawn. */
export function tagVoiceCall(): DemoCall {
  const { conversation, customer } = placeConversation('voice');
  return {
    media: 'voice',
    shows: 'the plain case',
    conversation,
    deliveries: [eventBridge({ conversation, participant: customer, kind: 'customer.start' })],
    expected: {
      outcomes: ['tag-trace: setAttributes applied (written)'],
      attributes: { participantId: customer.id, values: { 'otel.traceId': TRACE_ID, customerTier: 'platinum' } },
      writes: 1,
    },
  };
}

export function resolveChatBySession(): DemoCall {
  const { conversation, customer } = placeConversation('chat');
  const delivery = eventBridge({
    conversation,
    participant: customer,
    kind: 'customer.start',
    overrides: unknownIds('participantId'),
  });
  return {
    media: 'chat',
    shows: 'participant id unknown to the API, found by session; delivered twice',
    conversation,
    deliveries: [delivery, { ...delivery, name: `${delivery.name}, again` }],
    expected: {
      outcomes: ['note-channel: setAttributes applied (written)'],
      attributes: { participantId: customer.id, values: { channel: 'CHAT' } },
      writes: 1,
      duplicates: 1,
    },
  };
}

export function resolveEmailByUser(): DemoCall {
  const { conversation, agent } = placeConversation('email');
  const overrides = unknownIds('participantId', 'sessionId');
  return {
    media: 'email',
    shows: 'notification shape; participant found by user',
    conversation,
    deliveries: [notification({ conversation, participant: agent, kind: 'user.start', overrides })],
    expected: {
      outcomes: ['note-agent: setAttributes applied (written)'],
      attributes: { participantId: agent.id, values: { handledBy: agent.userId ?? '' } },
      writes: 1,
    },
  };
}

export function resolveCallbackByAddress(): DemoCall {
  const { conversation, customer } = placeConversation('callback', { customer: { address: 'tel:+1 317 555 0142' } });
  const overrides = { ...unknownIds('participantId', 'sessionId'), ani: '+13175550142' };
  return {
    media: 'callback',
    shows: 'participant found by address, spelled differently',
    conversation,
    deliveries: [eventBridge({ conversation, participant: customer, kind: 'customer.start', overrides })],
    expected: {
      outcomes: ['note-channel: setAttributes applied (written)'],
      attributes: { participantId: customer.id, values: { channel: 'CALLBACK' } },
      writes: 1,
    },
  };
}

export function tagMessageSnapshot(): DemoCall {
  const { conversation, customer, agent } = placeConversation('message');
  const snapshot = buildSnapshot(conversation, agent.userId ?? '', 'message', Date.now());
  return {
    media: 'message',
    shows: 'a snapshot of the conversation, not an event',
    conversation,
    deliveries: [{ name: 'snapshot', envelope: buildNotification(snapshot) }],
    expected: {
      outcomes: ['tag-snapshot: setAttributes applied (written)'],
      attributes: { participantId: customer.id, values: { channel: 'MESSAGE' } },
      writes: 1,
    },
  };
}
