import { type ConversationEvent, NO_DETAILS } from '../src/domain/conversation-event.ts';
import type { InboxEntry } from '../src/domain/inbox-entry.ts';

/** An event with nothing special about it. */
export function sampleEvent(fields: Partial<ConversationEvent> = {}): ConversationEvent {
  return {
    ...NO_DETAILS,
    id: 'e-1',
    topic: 'v2.detail.events.conversation.{id}.customer.start',
    conversationId: 'c-1',
    occurredAt: '2026-11-20T12:00:00.000Z',
    body: {},
    ...fields,
  };
}

/** An entry with nothing special about it. */
export function sampleEntry(conversationId: string, id: string, changes: Partial<InboxEntry> = {}): InboxEntry {
  return {
    version: 1,
    id,
    event: sampleEvent({ id, conversationId, body: { conversationId } }),
    work: { kind: 'rules', rules: ['tag-trace'] },
    receivedAt: 1_763_640_000_000,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    attempts: 0,
    outcomes: {},
    ...changes,
  };
}
