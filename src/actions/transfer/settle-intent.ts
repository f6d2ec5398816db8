import type { Conversation } from '../../genesys/genesys-client.ts';
import { hasCaller, isConversationEnded } from '../../genesys/participant-state.ts';
import type { LiveConversation } from '../live-conversation.ts';
import { type Ending, ending, NotReadyYet, StepRefused } from '../step.ts';
import { describeDestination, signOfTransfer } from './evidence.ts';
import type { TransferIntent, TransferIntents } from './intents.ts';

/** Settles the intent of an earlier try. `null`: the transfer did not happen, and the intent is deleted. */
export async function settleIntent(
  stepId: string,
  intent: TransferIntent,
  live: LiveConversation,
  intents: TransferIntents,
): Promise<Ending | null> {
  const conversation = await live.current();
  const sign = signOfTransfer(conversation, intent);
  if (sign === null) return lookForTransfer(stepId, intent, live, intents);
  if (sign.kind === 'happened') return transferred(intent);
  throw await unfinished(stepId, intent, conversation, intents);
}

/**
 * Checks for up to 10 s whether the transfer happened. `null`: it did not, because the participant still has the caller; the
 * intent is deleted.
 * @throws StepRefused when it failed, or can't be known; NotReadyYet when it is pending
 */
export async function lookForTransfer(
  stepId: string,
  intent: TransferIntent,
  live: LiveConversation,
  intents: TransferIntents,
): Promise<Ending | null> {
  const { participantId } = intent;
  if (await live.readBackUntil((conversation) => signOfTransfer(conversation, intent)?.kind === 'happened')) {
    return transferred(intent);
  }
  const fresh = await live.current();
  if (intent.accepted || signOfTransfer(fresh, intent) !== null) throw await unfinished(stepId, intent, fresh, intents);
  const replaced = fresh.participants.find(({ id }) => id === participantId);
  if (isConversationEnded(fresh) || replaced === undefined || !hasCaller(replaced)) {
    const detail = 'the response was lost and the participant left before it was known whether the transfer happened';
    throw unconfirmed(detail, participantId);
  }
  if (!(await intents.swap(stepId, intent, null))) throw new NotReadyYet('another worker is about to transfer', participantId);
  return null;
}

/**
 * Why an accepted transfer does not count as done. A failed transfer is a clear "no": its intent is deleted, so that a person who
 * retries its dead letter sends it again.
 */
export async function unfinished(
  stepId: string,
  intent: TransferIntent,
  conversation: Conversation,
  intents: TransferIntents,
): Promise<Error> {
  const { participantId } = intent;
  const sign = signOfTransfer(conversation, intent);
  if (sign?.kind === 'pending') return new NotReadyYet(`Genesys lists the transfer as ${sign.state}: ${WAITS}`, participantId);
  if (sign?.kind === 'failed') {
    await intents.swap(stepId, intent, null);
    return new StepRefused('transfer-failed', `Genesys accepted the transfer and lists it as ${sign.state}`, participantId);
  }
  return unconfirmed('Genesys accepted the transfer, but the conversation does not show it', participantId);
}

const WAITS = 'the caller stays with the agent until the recipient accepts';

export function transferred({ destination, participantId }: Pick<TransferIntent, 'destination' | 'participantId'>): Ending {
  return ending('applied', 'written', `transferred to ${describeDestination(destination)}`, participantId);
}

function unconfirmed(detail: string, participantId: string): StepRefused {
  const reason = 'not sent again, because a transfer happens at most once';
  return new StepRefused('transfer-unconfirmed', `${detail}; ${reason}`, participantId);
}
