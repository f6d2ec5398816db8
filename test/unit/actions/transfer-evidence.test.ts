import { describe, expect, it } from 'vitest';
import { isAlreadyThere, signOfTransfer } from '../../../src/actions/transfer/evidence.ts';
import type { Conversation, Participant, TransferDestination } from '../../../src/genesys/genesys-client.ts';

const intent = {
  recordedAt: 0,
  participantId: 'p-agent',
  participantsBefore: ['p-agent'],
  transfersBefore: ['t-0'],
  accepted: false,
};
const toQueue = { kind: 'queue', queueId: 'q-1' } as const;
const toUser = { kind: 'user', userId: 'u-2' } as const;
const toContact = { kind: 'contact', contactId: 'x-1', phoneType: 'work' } as const;
const toAddress = { kind: 'address', address: '+1 (317) 555-0199' } as const;
const agent: Participant = { id: 'p-agent', purpose: 'agent', userId: 'u-1' };
const left: Participant = { ...agent, endTime: '2026-01-01T00:01:00Z' };
const waiting: Participant = { id: 'n', purpose: 'acd', queueId: 'q-1' };
const entry = (state: string, destination: object = {}) => ({ id: 't-1', state, destination });

function conversation(participants: readonly Participant[], recentTransfers: Conversation['recentTransfers'] = []): Conversation {
  return { startTime: '2026-01-01T00:00:00Z', participants: [...participants], recentTransfers };
}

describe('a transfer', () => {
  it.each<[string, string | null, Conversation, TransferDestination]>([
    ['nothing new', null, conversation([agent], [{ id: 't-0', state: 'Complete' }]), toQueue],
    ['the caller is in the queue and the agent has left', 'happened', conversation([left, waiting]), toQueue],
    ['the same, and the queue has given the caller on', 'happened', conversation([left, { ...waiting, endTime: 'x' }]), toQueue],
    ['the queue was added, and the agent still has the caller: a consult', null, conversation([agent, waiting]), toQueue],
    ['the caller is in another queue', null, conversation([left, { ...waiting, queueId: 'q-2' }]), toQueue],
    ['complete, to a destination that is not named', 'happened', conversation([agent], [entry('Complete')]), toQueue],
    ['complete, in whatever case', 'happened', conversation([agent], [entry('COMPLETE')]), toQueue],
    [
      'complete, and somebody joined elsewhere',
      null,
      conversation([left, { ...waiting, queueId: 'q-2' }], [entry('Complete')]),
      toQueue,
    ],
    ['complete, to another user', null, conversation([agent], [entry('Complete', { userId: 'u-9' })]), toQueue],
    ['pending', 'Pending', conversation([agent], [entry('Pending')]), toQueue],
    [
      'active, the recipient rings',
      'Active',
      conversation([agent, { id: 'n', userId: 'u-2' }], [entry('Active', { userId: 'u-2' })]),
      toUser,
    ],
    ['failed', 'Failed', conversation([agent], [entry('Failed')]), toQueue],
    ['canceled', 'Canceled', conversation([agent], [entry('Canceled', { userId: 'u-2' })]), toUser],
    [
      'timed out, after it rang',
      'Timeout',
      conversation([agent, { id: 'n', userId: 'u-2', endTime: 'x' }], [entry('Timeout')]),
      toUser,
    ],
    ['of an unknown state', null, conversation([agent], [entry('Unknown')]), toQueue],
    ['without a state', null, conversation([agent], [{ id: 't-1', destination: {} }]), toQueue],
    [
      'failed at first, and done again',
      'happened',
      conversation([agent], [entry('Failed'), { ...entry('Complete'), id: 't-2' }]),
      toQueue,
    ],
    ['that user has the caller', 'happened', conversation([left, { id: 'n', purpose: 'agent', userId: 'u-2' }]), toUser],
    [
      'that user only listens',
      null,
      conversation([left, { id: 'n', purpose: 'user', userId: 'u-2', monitoredParticipantId: 'p-agent' }]),
      toUser,
    ],
    [
      'an address in another spelling',
      'happened',
      conversation([agent], [entry('Complete', { address: 'tel:+13175550199' })]),
      toAddress,
    ],
    [
      'a contact is dialled',
      'happened',
      conversation([left, { id: 'n', purpose: 'external', externalContactId: 'x-1' }]),
      toContact,
    ],
    ['a contact, by what is listed', 'happened', conversation([agent], [entry('Complete', { address: 'tel:+1' })]), toContact],
  ])('%s: %s', (_name, expected, fresh, destination) => {
    const sign = signOfTransfer(fresh, { ...intent, destination });
    expect(sign === null || sign.kind === 'happened' ? (sign?.kind ?? null) : sign.state).toBe(expected);
  });
});

describe('the caller is already there', () => {
  const supervisor = { id: 's', purpose: 'user', userId: 'u-2', monitoredParticipantId: 'p-agent' };
  const asked = { id: 'c', purpose: 'agent', userId: 'u-2', startTime: '2026-01-01T00:02:00Z' };
  const asking = { ...agent, startTime: '2026-01-01T00:01:00Z', consultParticipantId: 'c' };

  it.each<[string, boolean, readonly Participant[], TransferDestination]>([
    ['waiting in the queue', true, [agent, waiting], toQueue],
    ['not when that leg has ended', false, [agent, { ...waiting, endTime: 'x' }], toQueue],
    ['with an agent of the queue', true, [{ ...agent, queueId: 'q-1' }], toQueue],
    ['with that user', true, [agent], { kind: 'user', userId: 'u-1' }],
    ['not with another user', false, [agent], toUser],
    ['not with a user who only monitors', false, [agent, supervisor], toUser],
    ['not with a user who is only consulted', false, [asking, asked], toUser],
  ])('%s: %s', (_name, expected, participants, destination) => {
    const [replaced = {}] = participants;
    expect(isAlreadyThere(conversation(participants), replaced, destination, false)).toBe(expected);
  });

  it('unless the agent of the queue is to give them back to it; who waits there already stays', () => {
    const ofQueue = { ...agent, queueId: 'q-1' };
    expect(isAlreadyThere(conversation([ofQueue]), ofQueue, toQueue, true)).toBe(false);
    expect(isAlreadyThere(conversation([ofQueue, waiting]), ofQueue, toQueue, true)).toBe(true);
    expect(isAlreadyThere(conversation([waiting]), waiting, toQueue, true)).toBe(true);
  });
});
