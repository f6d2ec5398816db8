import { QUEUES, WRAPUP_CODES } from '../../simulator/queue-directory.ts';
import { eventBridge } from './build-event.ts';
import { type DemoCall, TRACE_ID } from './demo-call.ts';
import { placeConversation } from './place-conversation.ts';

const VIP_LINE = '+13175550190';

export function survivesConflict(): DemoCall {
  const { conversation, customer } = placeConversation('voice');
  return {
    media: 'voice',
    shows: 'another writer is faster: 412, fetched and sent again',
    conversation,
    fault: { call: 'patch-attributes', conversationId: conversation.id, conflict: true },
    deliveries: [eventBridge({ conversation, participant: customer, kind: 'customer.start' })],
    expected: {
      outcomes: ['tag-trace: setAttributes applied (written)'],
      attributes: { participantId: customer.id, values: { 'otel.traceId': TRACE_ID, customerTier: 'platinum' } },
      writes: 1,
      answered: 412,
    },
  };
}

export function waitsUntilVisible(): DemoCall {
  const { conversation, customer } = placeConversation('voice');
  return {
    media: 'voice',
    shows: 'the API does not know the call yet: 404 three times',
    conversation,
    fault: { call: 'get-conversation', conversationId: conversation.id, status: 404, code: 'conversation.not.found', times: 3 },
    deliveries: [eventBridge({ conversation, participant: customer, kind: 'customer.start' })],
    expected: {
      outcomes: ['tag-trace: setAttributes applied (written)'],
      attributes: { participantId: customer.id, values: { 'otel.traceId': TRACE_ID, customerTier: 'platinum' } },
      writes: 1,
      answered: 404,
    },
  };
}

export function leavesWhatIsThere(): DemoCall {
  const { conversation, customer, agent } = placeConversation('chat', { customer: { attributes: { channel: 'CHAT' } } });
  return {
    media: 'chat',
    shows: 'the value is there already; then a transfer to a queue that was deleted',
    conversation,
    deliveries: [
      eventBridge({ conversation, participant: customer, kind: 'customer.start' }),
      eventBridge({ conversation, participant: agent, kind: 'user.start' }),
    ],
    expected: {
      outcomes: ['note-channel: setAttributes unchanged (already-set)', 'night-desk: transfer dead-lettered (queue-not-found)'],
      attributes: { participantId: customer.id, values: { channel: 'CHAT' } },
      writes: 0,
    },
  };
}

export function wrapsUpAfterHangUp(): DemoCall {
  const endTime = new Date(Date.now() - 2_000).toISOString();
  const { conversation, customer, agent } = placeConversation('voice', {
    customer: { endTime, calls: [{ state: 'disconnected', direction: 'inbound' }] },
    agent: {
      endTime,
      startAcwTime: endTime,
      calls: [{ state: 'disconnected', direction: 'inbound', afterCallWorkRequired: true, afterCallWork: { state: 'pending' } }],
    },
  });
  return {
    media: 'voice',
    shows: 'the caller has hung up, the agent is in after-call work: attributes and a wrap-up code',
    conversation,
    deliveries: [
      eventBridge({ conversation, participant: customer, kind: 'customer.start' }),
      eventBridge({ conversation, participant: agent, kind: 'user.end' }),
    ],
    expected: {
      outcomes: ['tag-trace: setAttributes applied (written)', 'wrap-up: applyWrapup applied (written)'],
      wrapup: { participantId: agent.id, code: WRAPUP_CODES.resolved.id },
      writes: 2,
    },
  };
}

export function escalatesVip(): DemoCall {
  const { conversation, agent } = placeConversation('voice', { customer: { dnis: VIP_LINE }, agent: { dnis: VIP_LINE } });
  return {
    media: 'voice',
    shows: 'a VIP: attribute first, then transferred to the queue Escalations',
    conversation,
    deliveries: [eventBridge({ conversation, participant: agent, kind: 'user.start' })],
    expected: {
      outcomes: ['escalate-vip: setAttributes applied (written)', 'escalate-vip: transfer applied (written)'],
      attributes: { participantId: agent.id, values: { escalated: 'true' } },
      queueId: QUEUES.escalations.id,
      writes: 2,
    },
  };
}
