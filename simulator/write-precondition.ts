import { allCommunications, type Conversation, findParticipant, hasCaller, type Participant } from './conversation.ts';
import { CODES, PlatformError } from './error-body.ts';
import type { TransferDestination } from './journal.ts';
import type { QueueDirectory } from './queue-directory.ts';
import { isOpenForWrapup } from './state-machine.ts';

export function requireParticipant(conversation: Conversation, participantId: string): Participant {
  const participant = findParticipant(conversation, participantId);
  if (participant) return participant;
  throw new PlatformError(404, CODES.participantNotFound, `${participantId} is not a participant of the conversation.`, {
    messageParams: { participantId, conversationId: conversation.id },
    entityId: participantId,
  });
}

export interface WrapupPolicy {
  /** Refuses a wrap-up while the agent still talks. */
  readonly wrapupNeedsAfterCallWork: boolean;
}

/**
 * Accepted on an agent who is connected or has parked the message, is in after-call work, or has finished it while the
 * conversation lasts. (How long it stays possible is unpublished: we assume until the conversation ends.) Refused on any other
 * participant, and on a leg that was never picked up.
 */
export function assertWrapupAllowed(
  conversation: Conversation,
  participant: Participant,
  communicationId: string | undefined,
  policy: WrapupPolicy,
): void {
  const communications = allCommunications(participant).map(({ communication }) => communication);
  if (communicationId !== undefined && !communications.some(({ id }) => id === communicationId)) {
    throw new PlatformError(404, CODES.notFound, `${communicationId} is not a communication of the participant.`);
  }
  const allowed = communications.some((communication) => {
    if (!isOpenForWrapup(communication, { communicationId })) return false;
    const state = communication.afterCallWork?.state;
    return state === 'pending' || (state === 'complete' ? conversation.endTime === undefined : !policy.wrapupNeedsAfterCallWork);
  });
  if (participant.userId === undefined || !allowed) {
    throw new PlatformError(400, CODES.wrapupInvalidState, 'The participant is not in a valid state for a wrap-up.', {
      messageParams: { participantId: participant.id },
    });
  }
}

/** A code that the participant's queue does not have is refused (assumed); without a known queue every code is accepted. */
export function assertWrapupCodeKnown(participant: Participant, code: string, queues: QueueDirectory): void {
  const queue = queues.find(participant.queueId);
  if (!queue || queue.wrapupCodes.some((known) => known.id === code)) return;
  throw new PlatformError(400, CODES.invalidValue, `The wrap-up code ${code} is not assigned to the queue.`, {
    messageParams: { fieldName: 'wrapup.code' },
  });
}

export function assertTransferAllowed(
  conversation: Conversation,
  participant: Participant,
  destination: TransferDestination,
  queues: QueueDirectory,
): void {
  if (conversation.endTime !== undefined) throw refused(CODES.conversationEnded, 'The conversation has ended.');
  if ('queueId' in destination && !queues.find(destination.queueId)) {
    throw refused(CODES.queueNotFound, `The queue ${destination.queueId} was not found.`);
  }
  if (!hasCaller(participant)) throw refused(CODES.transferNotConnected, 'The participant is not connected.');
  if (isSameParty(conversation, participant, destination))
    throw refused(CODES.transferSameParty, 'The participant is the destination already.');
}

/**
 * An agent may give a call back to the queue it came from. A participant who waits in a queue can't be put into it again, and a
 * participant of the call can't be dialled.
 */
function isSameParty(conversation: Conversation, participant: Participant, destination: TransferDestination): boolean {
  if ('queueId' in destination) return participant.purpose === 'acd' && participant.queueId === destination.queueId;
  if ('userId' in destination) return participant.userId === destination.userId;
  if ('contactId' in destination) return false;
  return conversation.participants.some(({ address, endTime }) => address === destination.address && endTime === undefined);
}

function refused(code: string, message: string): PlatformError {
  return new PlatformError(400, code, message);
}
