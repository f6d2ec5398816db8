import { randomUUID } from 'node:crypto';
import type { DetailEvent } from './detail-event.ts';

const SOURCE = 'aws.partner/genesys.com/cloud/00000000-0000-4000-8000-000000000000/hookpatch-simulator';

/** The input of an envelope: a detail event, or anything else with a topic. */
export interface EventContent {
  /** With the real id, for example `v2.detail.events.conversation.8f2c....customer.start`. */
  readonly topicName: string;
  /** The same with the literal `{id}`. */
  readonly topicTemplate: string;
  readonly eventBody: Readonly<Record<string, unknown>>;
  /** Epoch milliseconds. */
  readonly at: number;
}

export function detailEventContent({ kind, conversationId, at, eventBody }: DetailEvent): EventContent {
  const topic = (id: string) => `v2.detail.events.conversation.${id}.${kind}`;
  return { topicName: topic(conversationId), topicTemplate: topic('{id}'), eventBody, at };
}

/** Amazon EventBridge's envelope as Genesys fills it. The id is EventBridge's own: the Genesys part has none. */
export function buildEventBridgeEvent(content: EventContent, id: string = randomUUID()) {
  const time = new Date(content.at).toISOString();
  return {
    version: '0',
    id,
    'detail-type': content.topicTemplate,
    source: SOURCE,
    account: '123456789012',
    time: time.replace(/\.\d{3}Z$/, 'Z'),
    region: 'us-east-1',
    resources: [],
    detail: {
      topicName: content.topicName,
      version: '2',
      eventBody: content.eventBody,
      metadata: { CorrelationId: randomUUID() },
      timestamp: time,
    },
  };
}

/** The envelope of the notification service. It has no id of its own. */
export function buildNotification(content: EventContent) {
  return {
    topicName: content.topicName,
    version: '2',
    eventBody: content.eventBody,
    metadata: { CorrelationId: randomUUID() },
  };
}
