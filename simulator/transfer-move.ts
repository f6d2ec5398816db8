import { randomUUID } from 'node:crypto';
import { communicationsOf, type Participant, type RecentTransfer } from './conversation.ts';
import type { TransferDestination } from './journal.ts';
import { createParticipant, type TransferMove } from './state-machine.ts';

/** `TransferResponse.state`. */
export type TransferState = 'Pending' | 'Active' | 'Complete' | 'Canceled' | 'Failed' | 'Timeout' | 'Unknown';

interface RequestedTransfer {
  readonly destination: TransferDestination;
  readonly transferType: string;
}

/**
 * The successor of `replaced`, and the new entry of `recentTransfers`. A transfer whose state is not `Complete` moves nobody. An
 * attended one is `Pending` until the recipient accepts, and leaves the caller with the agent.
 */
export function planTransfer(
  replaced: Participant,
  requested: RequestedTransfer,
  state: TransferState,
  now: number,
): TransferMove {
  const attended = requested.transferType === 'Attended' && state === 'Complete';
  return {
    successor: state === 'Complete' ? createSuccessor(replaced, requested.destination, now) : null,
    leaves: state === 'Complete' && !attended,
    record: recentTransfer(replaced, requested, attended ? 'Pending' : state, now),
  };
}

/** A queue holds the caller, a user's desktop rings, an outside line is dialled. */
function createSuccessor(replaced: Participant, destination: TransferDestination, now: number): Participant {
  const { media, communications } = communicationsOf(replaced);
  const direction = communications.at(-1)?.direction ?? 'inbound';
  const line = { media, direction, ...(replaced.ani && { ani: replaced.ani }), ...(replaced.dnis && { dnis: replaced.dnis }) };
  if ('queueId' in destination) return createParticipant({ ...line, purpose: 'acd', state: 'connected', ...destination }, now);
  if ('userId' in destination) {
    const queue = replaced.queueId === undefined ? {} : { queueId: replaced.queueId };
    const agent = { ...line, purpose: 'agent', state: 'alerting', wrapupRequired: true } as const;
    return createParticipant({ ...agent, ...queue, ...destination }, now);
  }
  const outside = { ...line, purpose: 'external', state: 'dialing', direction: 'outbound' } as const;
  if ('address' in destination) return createParticipant({ ...outside, address: destination.address }, now);
  return { ...createParticipant(outside, now), externalContactId: destination.contactId };
}

/** The SDK's `TransferDestination` has `userId` and `address` only. */
function recentTransfer(
  replaced: Participant,
  { destination, transferType }: RequestedTransfer,
  state: TransferState,
  now: number,
): RecentTransfer {
  return {
    id: randomUUID(),
    state,
    dateIssued: new Date(now).toISOString(),
    initiator: replaced.userId === undefined ? {} : { userId: replaced.userId },
    destination: 'userId' in destination || 'address' in destination ? destination : {},
    transferType,
  };
}
