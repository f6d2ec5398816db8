import { describe, expect, it } from 'vitest';
import { isAlreadyThere, showsTransfer } from '../../../src/actions/transfer/evidence.ts';
import type { Conversation, Participant, TransferDestination } from '../../../src/genesys/genesys-client.ts';

const intent = {
  recordedAt: 0,
  participantId: 'p-agent',
  participantsBefore: ['p-agent'],
  transfersBefore: ['t-0'],
  accepted: false,
};
const toQueue = { kind: 'queue', queueId: 'q-1' } as const;
const agent = { id: 'p-agent', purpose: 'agent', userId: 'u-1' };

function conversation(joined: readonly Participant[], recentTransfers: Conversation['recentTransfers'] = []): Conversation {
  return { startTime: '2026-01-01T00:00:00Z', participants: [agent, ...joined], recentTransfers };
}

describe('showsTransfer', () => {
  it.each<[string, boolean, Conversation, TransferDestination]>([
    ['nothing new', false, conversation([], [{ id: 't-0' }]), toQueue],
    ['a new acd participant with the queue', true, conversation([{ id: 'n', purpose: 'acd', queueId: 'q-1' }]), toQueue],
    ['the same, ended', true, conversation([{ id: 'n', purpose: 'acd', queueId: 'q-1', endTime: 'x' }]), toQueue],
    ['a new acd participant with another queue', false, conversation([{ id: 'n', purpose: 'acd', queueId: 'q-2' }]), toQueue],
    ['a new transfer that names nothing', true, conversation([], [{ id: 't-1', destination: {} }]), toQueue],
    [
      'a new transfer that names nothing, and somebody joined elsewhere',
      false,
      conversation([{ id: 'n', purpose: 'acd', queueId: 'q-2' }], [{ id: 't-1', destination: {} }]),
      toQueue,
    ],
    ['a new transfer to a user', false, conversation([], [{ id: 't-1', destination: { userId: 'u-9' } }]), toQueue],
    ['that user', true, conversation([{ id: 'n', userId: 'u-2' }]), { kind: 'user', userId: 'u-2' }],
    [
      'an address in another spelling',
      true,
      conversation([], [{ id: 't-1', destination: { address: 'tel:+13175550199' } }]),
      { kind: 'address', address: '+1 (317) 555-0199' },
    ],
  ])('%s: %s', (_name, shown, fresh, destination) => {
    expect(showsTransfer(fresh, { ...intent, destination })).toBe(shown);
  });
});

it('is already there: in the queue, with an agent of it, or with the user; not when that leg has ended', () => {
  const waiting = { id: 'a', purpose: 'acd', queueId: 'q-1' };
  expect(isAlreadyThere(conversation([waiting]), agent, toQueue)).toBe(true);
  expect(isAlreadyThere(conversation([{ ...waiting, endTime: 'x' }]), agent, toQueue)).toBe(false);
  expect(isAlreadyThere(conversation([]), { ...agent, queueId: 'q-1' }, toQueue)).toBe(true);
  expect(isAlreadyThere(conversation([]), agent, { kind: 'user', userId: 'u-1' })).toBe(true);
  expect(isAlreadyThere(conversation([]), agent, { kind: 'user', userId: 'u-2' })).toBe(false);
});
