import { hash } from 'node:crypto';
import type { ConversationEvent } from '../domain/conversation-event.ts';
import { isAboutConversation } from '../domain/delivered-event.ts';
import { parseDelivery } from '../envelopes/parse-delivery.ts';

/**
 * Returns the event in a message of a channel; `null` when it is not about a conversation. Its idempotency key is derived from
 * its content, so that the same message over two channels is one event: Genesys gives a notification no id, and its metadata may
 * differ between the two.
 * @throws EnvelopeError
 */
export function readMessage(text: string, receivedAt: number): ConversationEvent | null {
  const { topicName, eventBody } = JSON.parse(text) as { topicName?: unknown; eventBody?: unknown };
  return toEvent({ topicName, eventBody }, receivedAt);
}

/** Converts a fetched conversation to the notification that would have brought it. @throws EnvelopeError */
export function asNotification(topicName: string, conversation: object, receivedAt: number): ConversationEvent | null {
  return toEvent({ topicName, eventBody: conversation }, receivedAt);
}

function toEvent(notification: { readonly topicName: unknown; readonly eventBody: unknown }, receivedAt: number) {
  const content = JSON.stringify(notification);
  const deliveryKey = `notification/${hash('sha256', content)}`;
  const [event] = parseDelivery(Buffer.from(content), { receivedAt, deliveryKey });
  return event !== undefined && isAboutConversation(event) ? event : null;
}
