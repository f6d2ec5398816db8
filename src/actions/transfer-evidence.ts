import type { Transfer } from '../domain/action.ts';
import type { Conversation, Participant, TransferDestination } from '../genesys/genesys-client.ts';
import { normaliseAddress } from '../genesys/normalise-address.ts';
import { isEnded } from '../genesys/participant-state.ts';
import type { TransferIntent } from './transfer-intents.ts';

/** The rules file and the command schema let exactly one destination through. */
export function destinationOf(transfer: Transfer): TransferDestination {
  if (transfer.queueId !== undefined) return { kind: 'queue', queueId: transfer.queueId };
  if (transfer.userId !== undefined) return { kind: 'user', userId: transfer.userId };
  return { kind: 'address', address: transfer.address ?? '' };
}

export function describeDestination(destination: TransferDestination): string {
  if (destination.kind === 'queue') return `queue ${destination.queueId}`;
  if (destination.kind === 'user') return `user ${destination.userId}`;
  return 'the external address';
}

/** Whether the caller is at the destination already: waiting in that queue, or with an agent of it, or with that user. */
export function isAlreadyThere(conversation: Conversation, replaced: Participant, destination: TransferDestination): boolean {
  if (destination.kind === 'queue' && replaced.queueId === destination.queueId) return true;
  return conversation.participants.some((participant) => !isEnded(participant) && isAt(participant, destination));
}

/**
 * Whether the fresh conversation shows that the intended transfer happened: a participant at the destination that was not there
 * before, or a new entry of `recentTransfers` that names no other destination (the SDK's model of it has no queue id).
 */
export function showsTransfer(conversation: Conversation, intent: TransferIntent, destination: TransferDestination): boolean {
  const arrived = conversation.participants.some(
    (participant) => !intent.participantsBefore.includes(participant.id ?? '') && isAt(participant, destination),
  );
  return arrived || (conversation.recentTransfers ?? []).some((entry) => isNewTransferTo(entry, intent, destination));
}

/** Whether the participant is, or was, the destination's own leg. */
function isAt(participant: Participant, destination: TransferDestination): boolean {
  if (destination.kind === 'queue') return participant.purpose === 'acd' && participant.queueId === destination.queueId;
  if (destination.kind === 'user') return participant.userId === destination.userId;
  return participant.address !== undefined && normaliseAddress(participant.address) === normaliseAddress(destination.address);
}

type RecentTransfer = NonNullable<Conversation['recentTransfers']>[number];

function isNewTransferTo(entry: RecentTransfer, intent: TransferIntent, destination: TransferDestination): boolean {
  if (entry.id === undefined || intent.transfersBefore.includes(entry.id)) return false;
  const named: { userId?: string; address?: string; queueId?: string } = entry.destination ?? {};
  if (destination.kind === 'queue' && named.queueId !== undefined) return named.queueId === destination.queueId;
  if (destination.kind === 'user' && named.userId !== undefined) return named.userId === destination.userId;
  if (destination.kind === 'address' && named.address !== undefined) {
    return normaliseAddress(named.address) === normaliseAddress(destination.address);
  }
  return named.userId === undefined && named.address === undefined && named.queueId === undefined;
}
