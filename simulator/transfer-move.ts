import { randomUUID } from 'node:crypto';
import { communicationsOf, type Participant, type RecentTransfer } from './conversation.ts';
import type { TransferDestination } from './journal.ts';
import { createParticipant } from './state-machine.ts';

export interface TransferMove {
  readonly successor: Participant;
  readonly record: RecentTransfer;
}

/** Who takes over from `replaced`, and what `recentTransfers` will say. */
export function planTransfer(
  replaced: Participant,
  { destination, transferType }: { readonly destination: TransferDestination; readonly transferType: string },
  now: number,
): TransferMove {
  return {
    successor: createSuccessor(replaced, destination, now),
    record: recentTransfer(replaced, destination, transferType, now),
  };
}

/** The queue holds the caller, a user's desktop rings, an outside line is dialled. */
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
  return createParticipant({ ...line, purpose: 'external', state: 'dialing', direction: 'outbound', ...destination }, now);
}

function recentTransfer(
  replaced: Participant,
  destination: TransferDestination,
  transferType: string,
  now: number,
): RecentTransfer {
  return {
    id: randomUUID(),
    state: 'Complete',
    dateIssued: new Date(now).toISOString(),
    initiator: replaced.userId === undefined ? {} : { userId: replaced.userId },
    destination: 'queueId' in destination ? {} : destination,
    transferType,
  };
}
