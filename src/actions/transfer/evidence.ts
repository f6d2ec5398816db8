import type { Conversation, Participant, TransferDestination } from '../../genesys/genesys-client.ts';
import { normaliseAddress } from '../../genesys/normalise-address.ts';
import { isEnded } from '../../genesys/participant-state.ts';
import type { Transfer } from './action.ts';
import type { TransferIntent } from './intents.ts';

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
 * before, or a new entry of `recentTransfers` to it. An entry that names no destination (the SDK's model has no queue id) counts
 * while nobody new has joined: whoever joined elsewhere may be what it is about.
 */
export function showsTransfer(conversation: Conversation, intent: TransferIntent): boolean {
  const { destination } = intent;
  const joined = conversation.participants.filter(({ id }) => !intent.participantsBefore.includes(id ?? ''));
  if (joined.some((participant) => isAt(participant, destination))) return true;
  const transfers = (conversation.recentTransfers ?? []).filter(({ id }) => !intent.transfersBefore.includes(id ?? ''));
  return transfers.some((transfer) => isTo(transfer, destination) ?? joined.length === 0);
}

/** Whether the participant is, or was, the destination's own leg. */
function isAt(participant: Participant, destination: TransferDestination): boolean {
  if (destination.kind === 'queue') return participant.purpose === 'acd' && participant.queueId === destination.queueId;
  if (destination.kind === 'user') return participant.userId === destination.userId;
  return participant.address !== undefined && normaliseAddress(participant.address) === normaliseAddress(destination.address);
}

type RecentTransfer = NonNullable<Conversation['recentTransfers']>[number];

/** `null` when the entry names no destination. */
function isTo(transfer: RecentTransfer, destination: TransferDestination): boolean | null {
  const named: { userId?: string; address?: string; queueId?: string } = transfer.destination ?? {};
  if (named.userId === undefined && named.address === undefined && named.queueId === undefined) return null;
  if (destination.kind === 'queue') return named.queueId === destination.queueId;
  if (destination.kind === 'user') return named.userId === destination.userId;
  return named.address !== undefined && normaliseAddress(named.address) === normaliseAddress(destination.address);
}
