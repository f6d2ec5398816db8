import type { InboxEntry } from '../../../src/domain/inbox-entry.ts';

export function anEntry(id: string, traceparent: string): InboxEntry {
  return {
    version: 1,
    id,
    event: {
      id,
      topic: 'v2.detail.events.conversation.{id}.customer.start',
      conversationId: 'conversation-1',
      occurredAt: '2026-11-20T12:00:00.000Z',
      participantId: 'participant-1',
      communicationId: null,
      userId: null,
      queueId: null,
      mediaType: 'VOICE',
      direction: 'INBOUND',
      ani: null,
      dnis: null,
      address: null,
      correlationId: null,
      body: {},
    },
    work: { kind: 'rules', rules: ['tag'] },
    receivedAt: 0,
    traceparent,
    attempts: 0,
    outcomes: {},
  };
}
