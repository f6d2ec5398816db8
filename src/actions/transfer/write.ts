import type { Conversation } from '../../genesys/genesys-client.ts';
import { GenesysError } from '../../genesys/genesys-error.ts';
import type { IdentifiedParticipant } from '../../genesys/resolve-participant.ts';
import type { Wrapups } from '../apply-wrapup/plan.ts';
import type { WantedCode } from '../apply-wrapup/wrapup-codes.ts';
import type { LiveConversation } from '../live-conversation.ts';
import { NotReadyYet, type Step, StepRefused } from '../step.ts';
import { sendAndConfirm, type Write } from '../write.ts';
import type { Transfer } from './action.ts';
import { type Destination, describeDestination, signOfTransfer } from './evidence.ts';
import type { TransferIntent, TransferIntents } from './intents.ts';
import { lookForTransfer, transferred, unfinished } from './settle-intent.ts';

export interface TransferStores {
  readonly intents: TransferIntents;
  readonly wrapups: Wrapups;
  now(): number;
}

export interface PlannedTransfer {
  readonly step: Step;
  readonly stepId: string;
  readonly transfer: Transfer;
  readonly destination: Destination;
  readonly participant: IdentifiedParticipant;
}

/** One POST, never repeated: if the conversation does not show it, its step fails. */
export function transferWrite(planned: PlannedTransfer, live: LiveConversation, stores: TransferStores): Write {
  const { step, stepId, transfer, destination, participant } = planned;
  let intent: TransferIntent | null = null;
  return {
    participantId: participant.id,
    endings: new Map([[step, transferred({ destination, participantId: participant.id })]]),
    what: `transfer to ${describeDestination(destination)}`,
    send: async () => {
      if (transfer.wrapupCode !== undefined)
        await wrapUpBefore(wantedCode(transfer, transfer.wrapupCode), participant, live, stores);
      intent = intentOf(await live.current(), participant.id, destination, stores.now());
      if (!(await stores.intents.swap(stepId, null, intent))) {
        throw new NotReadyYet('another worker is about to transfer', participant.id);
      }
      const { transferType } = transfer;
      const post = (version: string | null) =>
        live.client.replaceParticipant(live.conversationId, participant.id, destination, transferType, { version });
      try {
        await live.write(post);
      } catch (error) {
        return await afterFailure(error, stepId, intent, live, stores.intents);
      }
      const accepted = { ...intent, accepted: true };
      await stores.intents.swap(stepId, intent, accepted);
      intent = accepted;
      return false;
    },
    isVisible: (conversation) => intent !== null && signOfTransfer(conversation, intent)?.kind === 'happened',
    failure: (conversation) =>
      intent === null ? new NotReadyYet('the transfer was not sent') : unfinished(stepId, intent, conversation, stores.intents),
  };
}

function intentOf(
  conversation: Conversation,
  participantId: string,
  destination: Destination,
  recordedAt: number,
): TransferIntent {
  return {
    recordedAt,
    participantId,
    destination,
    participantsBefore: conversation.participants.flatMap(({ id }) => id ?? []),
    transfersBefore: (conversation.recentTransfers ?? []).flatMap(({ id }) => id ?? []),
    accepted: false,
  };
}

/**
 * A refusal is a clear "no" and deletes the intent. After any other failure the fresh conversation decides; `true`: it happened.
 */
async function afterFailure(
  error: unknown,
  stepId: string,
  intent: TransferIntent,
  live: LiveConversation,
  intents: TransferIntents,
): Promise<true> {
  if (!(error instanceof GenesysError)) throw error;
  if (!leavesOpen(error)) {
    await intents.swap(stepId, intent, null);
    throw error;
  }
  if ((await lookForTransfer(stepId, intent, live, intents)) !== null) return true;
  throw error;
}

/** Whether the result of the transfer is unknown. Any other failure is a "no", or nothing was sent. */
function leavesOpen({ class: meaning }: GenesysError): boolean {
  return meaning === 'ambiguous' || meaning === 'not-the-api';
}

/** The code is set on the agent's participant first, so that it is there before the agent is replaced. */
async function wrapUpBefore(
  wanted: WantedCode,
  participant: IdentifiedParticipant,
  live: LiveConversation,
  { wrapups }: TransferStores,
): Promise<void> {
  const wish = { ...wanted, overwrite: false, validateCode: true };
  const planned = await wrapups.plan(wish, { participant, communicationId: null }, live, null);
  if (!('send' in planned) || (await sendAndConfirm(planned, live))) return;
  throw new StepRefused('not-persisted', 'the wrap-up code was accepted but is not there', participant.id);
}

function wantedCode({ rendered }: Transfer, code: string): WantedCode {
  return rendered?.includes('wrapupCode') ? { code, rendered: ['code'] } : { code };
}
