import type { ConversationEvent } from './conversation-event.ts';

/** An event that is not about a conversation: presence, an audit, a heartbeat. No rule can match it. */
export interface UnrelatedEvent {
  /** The idempotency key, as for an event about a conversation. */
  readonly id: string;
  /** Ids inside the topic are replaced by `{id}`. */
  readonly topic: string;
  readonly conversationId: null;
}

/** One event of a delivery. Buses and channels carry more than conversations. */
export type DeliveredEvent = ConversationEvent | UnrelatedEvent;

export function isAboutConversation(event: DeliveredEvent): event is ConversationEvent {
  return event.conversationId !== null;
}
