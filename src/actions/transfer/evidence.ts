import { shorten } from '../../domain/shorten.ts';
import type { Conversation, Participant, TransferDestination } from '../../genesys/genesys-client.ts';
import { normaliseAddress } from '../../genesys/normalise-address.ts';
import { consultedAgents, isSupervising } from '../../genesys/participant-role.ts';
import { isEnded } from '../../genesys/participant-state.ts';
import type { TransferIntent } from './intents.ts';

/** A destination, and whether an expression of the rule rendered its id: then it may be any value of an event. */
export type Destination = TransferDestination & { readonly rendered?: true };

/** For details, which stand in logs, spans and dead letters: never a value of an event, and no address. */
export function describeDestination(destination: Destination): string {
  const named = (what: string, id: string) =>
    destination.rendered === true ? `the ${what} that the rule rendered` : `${what} ${shorten(id)}`;
  if (destination.kind === 'queue') return named('queue', destination.queueId);
  if (destination.kind === 'user') return named('user', destination.userId);
  if (destination.kind === 'contact') return named('external contact', destination.contactId);
  return 'the external address';
}

/**
 * Whether the caller is already at the destination: waiting in that queue, with an agent of it (unless the caller is to go back
 * into it), or with that user. A participant who monitors or is only consulted does not have the caller.
 */
export function isAlreadyThere(
  conversation: Conversation,
  replaced: Participant,
  destination: TransferDestination,
  requeue: boolean,
): boolean {
  if (destination.kind === 'queue' && replaced.queueId === destination.queueId && !(requeue && replaced.purpose !== 'acd'))
    return true;
  const consulted = consultedAgents(conversation);
  return conversation.participants.some(
    (participant) => !isEnded(participant) && !consulted.has(participant) && isAt(participant, destination),
  );
}

/**
 * What the fresh conversation shows of the transfer: it happened, the state in which it hangs or failed (Genesys's word), or
 * nothing yet (`null`).
 */
export type TransferSign = { readonly kind: 'happened' } | { readonly kind: 'pending' | 'failed'; readonly state: string } | null;

const HAPPENED: TransferSign = { kind: 'happened' };
const PENDING: ReadonlySet<string> = new Set(['pending', 'active']);
const FAILED: ReadonlySet<string> = new Set(['failed', 'canceled', 'timeout']);

/**
 * A transfer happened if the caller has moved: a new participant is at the destination, and the replaced participant has left.
 * Otherwise the states of the new entries of `recentTransfers` decide. They are commands and do not prove that anybody moved. An
 * entry without a destination (the SDK's model has no queue id) counts only if no new participant joined; otherwise it may
 * describe that one's transfer.
 */
export function signOfTransfer(conversation: Conversation, intent: TransferIntent): TransferSign {
  const { destination, participantId } = intent;
  const joined = conversation.participants.filter(({ id }) => !intent.participantsBefore.includes(id ?? ''));
  const arrived = joined.some((participant) => isAt(participant, destination));
  const replaced = conversation.participants.find(({ id }) => id === participantId);
  if (arrived && (replaced === undefined || isEnded(replaced))) return HAPPENED;
  const others = joined.some((participant) => !isSupervising(participant) && !isAt(participant, destination));
  const ours = (conversation.recentTransfers ?? []).filter(
    (transfer) => !intent.transfersBefore.includes(transfer.id ?? '') && (isTo(transfer, destination) ?? !others),
  );
  const states = ours.flatMap(({ state }) => state ?? []);
  if (states.some((state) => state.toLowerCase() === 'complete')) return HAPPENED;
  const pending = states.find((state) => PENDING.has(state.toLowerCase()));
  if (pending !== undefined) return { kind: 'pending', state: pending };
  const failed = states.find((state) => FAILED.has(state.toLowerCase()));
  return failed === undefined ? null : { kind: 'failed', state: failed };
}

/** Whether the participant is, or was, the destination's own leg. */
function isAt(participant: Participant, destination: TransferDestination): boolean {
  if (isSupervising(participant)) return false;
  switch (destination.kind) {
    case 'queue':
      return participant.purpose === 'acd' && participant.queueId === destination.queueId;
    case 'user':
      return participant.userId === destination.userId;
    case 'contact':
      return participant.purpose !== 'customer' && participant.externalContactId === destination.contactId;
    case 'address':
      return participant.address !== undefined && normaliseAddress(participant.address) === normaliseAddress(destination.address);
  }
}

type RecentTransfer = NonNullable<Conversation['recentTransfers']>[number];

/** `null` when the entry does not name a destination that can be compared. */
function isTo(transfer: RecentTransfer, destination: TransferDestination): boolean | null {
  const named: { userId?: string; address?: string; queueId?: string } = transfer.destination ?? {};
  if (named.userId === undefined && named.address === undefined && named.queueId === undefined) return null;
  switch (destination.kind) {
    case 'queue':
      return named.queueId === destination.queueId;
    case 'user':
      return named.userId === destination.userId;
    // The number that is dialled for a contact is not known here.
    case 'contact':
      return named.address === undefined ? false : null;
    case 'address':
      return named.address !== undefined && normaliseAddress(named.address) === normaliseAddress(destination.address);
  }
}
