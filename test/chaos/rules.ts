import { QUEUES, WRAPUP_CODES } from '../../simulator/queue-directory.ts';
import type { ConversationSeed } from '../../simulator/seed-conversation.ts';
import type { EventKind } from './plan-events.ts';

export const WRAPUP_CODE = WRAPUP_CODES.resolved.id;
export const TRANSFER_QUEUE = QUEUES.escalations.id;
export const SAME = { name: 'tier', value: 'platinum' };
/** The attribute that every `tag` and `transfer` event sets to its sequence number: it must never go back. */
export const LAST = 'last';

/** The attribute by which the ledger sees the effect of one event. */
export function ownAttribute(sequence: number): string {
  return `event-${sequence}`;
}

/** Its first group is the sequence number. */
export const OWN_ATTRIBUTE = /^event-(\d+)$/;

/** The topic, without its beginning, that each kind of event is sent as. */
export const TOPIC_OF: Readonly<Record<EventKind, string>> = {
  tag: 'customer.start',
  same: 'contact',
  'wrap-up': 'user.end',
  transfer: 'flow.outcome',
  refused: 'voicemail.start',
};

const TAG = `{ "event-\${event.body.sequence}": "\${event.id}", ${LAST}: "\${event.body.sequence}" }`;
const topicOf = (kind: EventKind) => `v2.detail.events.conversation.*.${TOPIC_OF[kind]}`;

export const RULES = `
rules:
  - name: tag
    when: { topic: ${topicOf('tag')} }
    target: { purpose: customer }
    actions:
      - setAttributes: ${TAG}
  - name: same
    when: { topic: ${topicOf('same')} }
    target: { purpose: customer }
    actions:
      - setAttributes: { ${SAME.name}: ${SAME.value} }
  - name: wrap-up
    when: { topic: ${topicOf('wrap-up')} }
    target: { purpose: agent }
    actions:
      - applyWrapup: { code: ${WRAPUP_CODE} }
  - name: transfer
    when: { topic: ${topicOf('transfer')} }
    actions:
      - setAttributes: ${TAG}
      - transfer: { queueId: ${TRANSFER_QUEUE} }
  - name: refused
    when: { topic: ${topicOf('refused')} }
    target: { purpose: nobody }
    actions:
      - setAttributes: ${TAG}
`;

/** A caller and the agent who talks with her. */
export function seedOf(conversationId: string): ConversationSeed {
  const agent = { id: `${conversationId}-agent`, purpose: 'agent', userId: 'user-1', queueId: QUEUES.support.id };
  return { id: conversationId, participants: [{ id: `${conversationId}-customer`, purpose: 'customer' }, agent] };
}
