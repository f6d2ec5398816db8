import type { PlannedEvent } from './plan.ts';

/** What a call goes through, over and over. */
const STAGES = ['customer.start', 'flow.start', 'flow.end', 'acd.start', 'acd.end', 'user.start', 'contact', 'user.end'];
const QUEUE_ID = '5c1e2d3f-4a5b-4c6d-8e7f-9a0b1c2d3e4f';
/** Three of ten events say again what the one before them said, and so change nothing. */
const CHANGING_PART = 0.7;

/** The event as Amazon EventBridge delivers it, 1.2 kB of JSON. */
export function eventBridgeEvent({ id, conversationId, position }: PlannedEvent, now: Date): unknown {
  const stage = STAGES[position % STAGES.length];
  return {
    version: '0',
    id,
    'detail-type': `v2.detail.events.conversation.{id}.${stage}`,
    source: 'aws.partner/genesys.com/cloud/0b1c2d3e-4f5a-4b6c-8d7e-9f0a1b2c3d4e/benchmark',
    account: '123456789012',
    time: now.toISOString(),
    region: 'us-east-1',
    resources: [],
    detail: {
      topicName: `v2.detail.events.conversation.${conversationId}.${stage}`,
      version: '2',
      eventBody: eventBody(conversationId, position, now),
      metadata: { CorrelationId: id },
      timestamp: now.toISOString(),
    },
  };
}

function eventBody(conversationId: string, position: number, now: Date): unknown {
  return {
    eventTime: now.getTime(),
    conversationId,
    participantId: '91d0c1b2-5e44-4f7a-8b1d-0a2b3c4d5e6f',
    sessionId: 'c7d8e9f0-1a2b-4c3d-8e4f-5a6b7c8d9e0f',
    mediaType: 'VOICE',
    provider: 'Edge',
    direction: 'INBOUND',
    ani: 'tel:+13175550100',
    dnis: 'tel:+13175550199',
    addressTo: 'tel:+13175550199',
    addressFrom: 'tel:+13175550100',
    divisionId: 'd1e2f3a4-b5c6-4d7e-8f9a-0b1c2d3e4f5a',
    userId: '7a1c2b3d-4e5f-4a6b-9c7d-8e9f0a1b2c3d',
    queueId: QUEUE_ID,
    segment: `segment ${Math.floor(position * CHANGING_PART)}`,
  };
}
