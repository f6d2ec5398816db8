import { hash } from 'node:crypto';
import type { ConversationEvent } from '../domain/conversation-event.ts';
import { isAboutConversation } from '../domain/delivered-event.ts';
import { parseDelivery } from '../envelopes/parse-delivery.ts';

/**
 * The event in a message of a channel; `null` when it is about no conversation. Its idempotency key is that of its content, so that the
 * same message over two channels is one event: Genesys gives a notification no id, and its metadata need not be the same twice.
 * @throws EnvelopeError
 */
export function readMessage(text: string, receivedAt: number): ConversationEvent | null {
  const { topicName, eventBody } = JSON.parse(text) as { topicName?: unknown; eventBody?: unknown };
  return toEvent({ topicName, eventBody }, receivedAt);
}

/** A conversation that was fetched, as the notification that would have brought it. @throws EnvelopeError */
export function asNotification(topicName: string, conversation: object, receivedAt: number): ConversationEvent | null {
  return toEvent({ topicName, eventBody: conversation }, receivedAt);
}

function toEvent(notification: { readonly topicName: unknown; readonly eventBody: unknown }, receivedAt: number) {
  const content = JSON.stringify(notification);
  const deliveryKey = `notification/${hash('sha256', content)}`;
  const [event] = parseDelivery(Buffer.from(content), { receivedAt, deliveryKey });
  return event !== undefined && isAboutConversation(event) ? event : null;
}
