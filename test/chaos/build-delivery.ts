import { buildEventBridgeEvent } from '../../simulator/event-envelope.ts';
import type { PlannedEvent } from './plan-events.ts';
import { TOPIC_OF } from './rules.ts';

/** The body of one delivery: EventBridge events, oldest first. */
export function buildDelivery(events: readonly PlannedEvent[]): string {
  return JSON.stringify(events.map(envelopeOf));
}

function envelopeOf({ id, conversationId, sequence, kind }: PlannedEvent) {
  const topic = (of: string) => `v2.detail.events.conversation.${of}.${TOPIC_OF[kind]}`;
  const at = Date.now();
  const participantId = `${conversationId}-customer`;
  const eventBody = { eventTime: at, conversationId, participantId, mediaType: 'VOICE', sequence: String(sequence) };
  const content = { topicName: topic(conversationId), topicTemplate: topic('{id}'), eventBody, at };
  return buildEventBridgeEvent(content, id);
}
