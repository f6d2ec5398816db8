import { expect, it } from 'vitest';
import { ConversationView } from '../../../src/actions/conversation-view.ts';
import type { Step } from '../../../src/actions/step.ts';
import type { TransferIntent } from '../../../src/actions/transfer/intents.ts';
import { performTransfer, type TransferDependencies } from '../../../src/actions/transfer/transfer.ts';
import type { Conversation, GenesysClient } from '../../../src/genesys/genesys-client.ts';

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

it('a transfer whose answer was lost is looked for where it was sent, and not where its template leads now', async () => {
  const client = {
    getConversation: async () => ({ conversation: moved, version: null, requestedAt: 0 }),
  } as Partial<GenesysClient> as GenesysClient;
  const view = new ConversationView({ conversationId: 'c-1', client, signal: new AbortController().signal });
  const step = {
    key: 'rule/0',
    entryId: 'e-1',
    target: () => null,
    render: () => ({ type: 'transfer', queueId: 'q-2', transferType: 'Unattended' }),
  } as Partial<Step> as Step;
  const dependencies = {
    intents: { find: async () => intent, swap: async () => true },
    now: () => 0,
  } as Partial<TransferDependencies> as TransferDependencies;
  expect(await performTransfer(step, view, dependencies)).toMatchObject({ kind: 'applied', detail: 'transferred to queue q-1' });
});
