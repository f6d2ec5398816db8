import { expect, it } from 'vitest';
import type { LiveConversation } from '../../../src/actions/live-conversation.ts';
import type { Step } from '../../../src/actions/step.ts';
import type { Transfer } from '../../../src/actions/transfer/action.ts';
import type { TransferIntent } from '../../../src/actions/transfer/intents.ts';
import { createTransfers } from '../../../src/actions/transfer/plan.ts';
import type { Conversation } from '../../../src/genesys/genesys-client.ts';

const intent: TransferIntent = {
  recordedAt: 0,
  participantId: 'p-agent',
  destination: { kind: 'queue', queueId: 'q-1' },
  participantsBefore: ['p-agent'],
  transfersBefore: [],
  accepted: false,
};
const agent = { id: 'p-agent', purpose: 'agent', endTime: '2026-01-01T00:01:00Z' };
const moved: Conversation = {
  id: 'c-1',
  startTime: '2026-01-01T00:00:00Z',
  participants: [agent, { id: 'p-acd', purpose: 'acd', queueId: 'q-1' }],
};

it('a transfer whose response was lost is looked for where it was sent, and not where its template leads now', async () => {
  const live = { conversationId: 'c-1', current: async () => moved } as Partial<LiveConversation> as LiveConversation;
  const step = {
    key: 'rule/0',
    entryId: 'e-1',
    target: () => null,
    render: () => ({ type: 'transfer', queueId: 'q-2', transferType: 'Unattended' }),
  } as Partial<Step<Transfer>> as Step<Transfer>;
  const intents = { find: async () => intent, swap: async () => true };
  const transfers = createTransfers(
    { intents, wrapups: { plan: async () => Promise.reject() }, now: () => 0 },
    { exists: async () => true, find: async () => null },
  );
  expect(await transfers.plan(step, live)).toMatchObject({ kind: 'applied', detail: 'transferred to queue q-1' });
});
