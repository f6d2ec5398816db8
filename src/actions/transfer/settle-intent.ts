import { isConnected, isConversationEnded } from '../../genesys/participant-state.ts';
import type { LiveConversation } from '../live-conversation.ts';
import { type Ending, ending, NotReadyYet, StepRefused } from '../step.ts';
import { describeDestination, showsTransfer } from './evidence.ts';
import type { TransferIntent, TransferIntents } from './intents.ts';

/** For an intent of an earlier try. `null`: it did not happen, and the intent is gone. */
export async function settleIntent(
  stepId: string,
  intent: TransferIntent,
  live: LiveConversation,
  intents: TransferIntents,
): Promise<Ending | null> {
  if (showsTransfer(await live.current(), intent)) return transferred(intent);
  return lookForTransfer(stepId, intent, live, intents);
}

/**
 * Looks for up to 10 s whether the transfer happened. `null`: it did not, because the participant is still connected; the
 * intent is gone.
 * @throws StepRefused when it can't be known
 */
export async function lookForTransfer(
  stepId: string,
  intent: TransferIntent,
  live: LiveConversation,
  intents: TransferIntents,
): Promise<Ending | null> {
  const { participantId } = intent;
  if (await live.readBackUntil((conversation) => showsTransfer(conversation, intent))) return transferred(intent);
  if (intent.accepted) throw notSeen(participantId);
  const fresh = await live.current();
  const replaced = fresh.participants.find(({ id }) => id === participantId);
  if (isConversationEnded(fresh) || replaced === undefined || !isConnected(replaced)) {
    const detail = 'the response was lost and the participant left before it was known whether the transfer happened';
    throw unconfirmed(detail, participantId);
  }
  if (!(await intents.swap(stepId, intent, null))) throw new NotReadyYet('another worker is about to transfer', participantId);
  return null;
}

export function transferred({ destination, participantId }: Pick<TransferIntent, 'destination' | 'participantId'>): Ending {
  return ending('applied', 'written', `transferred to ${describeDestination(destination)}`, participantId);
}

export function notSeen(participantId: string): StepRefused {
  return unconfirmed('Genesys accepted the transfer, but the conversation does not show it', participantId);
}

function unconfirmed(detail: string, participantId: string): StepRefused {
  const reason = 'not sent again, because a transfer happens at most once';
  return new StepRefused('transfer-unconfirmed', `${detail}; ${reason}`, participantId);
}
