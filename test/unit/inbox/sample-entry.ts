import type { ConversationEvent } from '../../../src/domain/conversation-event.ts';
import type { InboxEntry } from '../../../src/domain/inbox-entry.ts';

/** An entry with nothing special about it. */
export function sampleEntry(conversationId: string, id: string, changes: Partial<InboxEntry> = {}): InboxEntry {
  const nothing = { participantId: null, communicationId: null, userId: null, queueId: null, mediaType: null, direction: null };
  const event: ConversationEvent = {
    ...nothing,
    id,
    topic: 'v2.detail.events.conversation.{id}.customer.start',
    conversationId,
    occurredAt: '2026-11-20T12:00:00.000Z',
    ani: null,
    dnis: null,
    address: null,
    correlationId: null,
    body: { conversationId },
  };
  return {
    version: 1,
    id,
    event,
    work: { kind: 'rules', rules: ['tag-trace'] },
    receivedAt: 1_763_640_000_000,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    attempts: 0,
    outcomes: {},
    ...changes,
  };
}
