import type { Conversation, Participant, TransferDestination } from '../../genesys/genesys-client.ts';
import { GenesysError } from '../../genesys/genesys-error.ts';
import { isConnected, isConversationEnded, isEnded } from '../../genesys/participant-state.ts';
import type { IdentifiedParticipant } from '../../genesys/resolve-participant.ts';
import { planWrapup, sendWrapup, type WrapupDependencies } from '../apply-wrapup/plan.ts';
import { confirmWrite } from '../confirm-writes.ts';
import type { ConversationView } from '../conversation-view.ts';
import { type Ending, NotReadyYet, resolveStep, type Step, StepRefused } from '../step.ts';
import type { Transfer } from './action.ts';
import { describeDestination, destinationOf, isAlreadyThere, showsTransfer } from './evidence.ts';
import type { TransferIntent, TransferIntents } from './intents.ts';
import type { KnownQueues } from './known-queues.ts';

export interface TransferDependencies extends WrapupDependencies {
  readonly intents: TransferIntents;
  readonly queues: KnownQueues;
  now(): number;
}

/**
 * Transfers at most once. The intent is recorded before the call; when it is there already (an answer was lost, a process died)
 * the fresh conversation decides whether the transfer happened, and only a clear "no" lets it be sent again.
 * @throws StepRefused, NotReadyYet, RenderError, GenesysError
 */
export async function performTransfer(step: Step, view: ConversationView, dependencies: TransferDependencies): Promise<Ending> {
  const stepId = `${view.conversationId}/${step.entryId}/${step.key}`;
  const intent = await dependencies.intents.find(stepId);
  if (intent !== null) {
    const settled = await settleIntent(stepId, intent, view, dependencies);
    if (settled !== null) return settled;
  }
  const planned = planTransfer(step, await view.conversation());
  if (planned.kind === 'ended') return planned.ending;
  return sendTransfer(stepId, planned, view, dependencies);
}

interface PlannedTransfer {
  readonly kind: 'transfer';
  readonly transfer: Transfer;
  readonly destination: TransferDestination;
  readonly participant: IdentifiedParticipant;
}

function planTransfer(step: Step, conversation: Conversation): PlannedTransfer | { kind: 'ended'; ending: Ending } {
  if (isConversationEnded(conversation)) return ended('skipped', 'conversation-ended', 'the conversation has ended', null);
  const resolution = resolveStep(step, conversation);
  const replaced: Participant = resolution.found ? resolution.participant : {};
  const transfer = step.render(conversation, replaced) as Transfer;
  const destination = destinationOf(transfer);
  if (isAlreadyThere(conversation, replaced, destination)) {
    return ended(
      'unchanged',
      'already-there',
      `the caller is at ${describeDestination(destination)} already`,
      replaced.id ?? null,
    );
  }
  if (!resolution.found) throw new StepRefused(resolution.reason, resolution.detail);
  const participant = resolution.participant;
  if (isEnded(participant)) return ended('skipped', 'participant-ended', 'the participant to replace has ended', participant.id);
  if (!isConnected(participant)) throw new NotReadyYet('the participant to replace is not connected');
  return { kind: 'transfer', transfer, destination, participant };
}

async function sendTransfer(
  stepId: string,
  { transfer, destination, participant }: PlannedTransfer,
  view: ConversationView,
  dependencies: TransferDependencies,
): Promise<Ending> {
  if (destination.kind === 'queue' && !(await dependencies.queues.exists(view.client, destination.queueId))) {
    throw new StepRefused('queue-not-found', `there is no queue ${destination.queueId}`, participant.id);
  }
  if (transfer.wrapupCode !== undefined) await wrapUpBefore(transfer.wrapupCode, participant, view, dependencies);
  const intent = intentOf(await view.conversation(), participant.id, destination, dependencies.now());
  if (!(await dependencies.intents.swap(stepId, null, intent))) throw new NotReadyYet('another worker is about to transfer');
  try {
    await view.write((version) =>
      view.client.replaceParticipant(view.conversationId, participant.id, destination, transfer.transferType, { version }),
    );
  } catch (error) {
    return await afterFailure(error, stepId, intent, view, dependencies);
  }
  await dependencies.intents.swap(stepId, intent, { ...intent, accepted: true });
  if (await isShown(view, intent)) return transferred(intent);
  throw unconfirmed(ACCEPTED_AND_NOT_SEEN, participant.id);
}

function intentOf(
  conversation: Conversation,
  participantId: string,
  destination: TransferDestination,
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

/** A refusal is a clear "no" and frees the intent; after anything else the fresh conversation is asked. */
async function afterFailure(
  error: unknown,
  stepId: string,
  intent: TransferIntent,
  view: ConversationView,
  { intents }: TransferDependencies,
): Promise<Ending> {
  if (!(error instanceof GenesysError)) throw error;
  if (isRefusal(error)) {
    await intents.swap(stepId, intent, null);
    throw error;
  }
  const seen = await lookForTransfer(stepId, intent, view, intents);
  if (seen !== null) return seen;
  throw error;
}

/** Genesys said no, or nothing was sent. A 408 or 5xx says nothing about whether the transfer happened. */
function isRefusal({ failure, status }: GenesysError): boolean {
  if (failure === 'rate-limited') return true;
  return failure === 'http' && (status === null || (status >= 400 && status < 500 && status !== 408));
}

/** For an intent of an earlier try. `null`: it did not happen, and the intent is gone. */
async function settleIntent(
  stepId: string,
  intent: TransferIntent,
  view: ConversationView,
  { intents }: TransferDependencies,
): Promise<Ending | null> {
  if (showsTransfer(await view.conversation(), intent)) return transferred(intent);
  return lookForTransfer(stepId, intent, view, intents);
}

/**
 * Looks for up to 10 s whether the transfer happened. `null`: it did not, for the participant is still connected; the intent is gone.
 * @throws StepRefused when it can't be told
 */
async function lookForTransfer(
  stepId: string,
  intent: TransferIntent,
  view: ConversationView,
  intents: TransferIntents,
): Promise<Ending | null> {
  const { participantId } = intent;
  if (await isShown(view, intent)) return transferred(intent);
  if (intent.accepted) throw unconfirmed(ACCEPTED_AND_NOT_SEEN, participantId);
  const fresh = await view.conversation();
  const replaced = participantOf(fresh, intent);
  if (isConversationEnded(fresh) || replaced === undefined || !isConnected(replaced)) {
    throw unconfirmed(
      'the answer was lost and the participant left before it was known whether the transfer happened',
      participantId,
    );
  }
  if (!(await intents.swap(stepId, intent, null))) throw new NotReadyYet('another worker is about to transfer');
  return null;
}

const ACCEPTED_AND_NOT_SEEN = 'Genesys accepted the transfer, but the conversation does not show it';

function isShown(view: ConversationView, intent: TransferIntent): Promise<boolean> {
  return view.readBackUntil((conversation) => showsTransfer(conversation, intent));
}

function participantOf(conversation: Conversation, { participantId }: TransferIntent): Participant | undefined {
  return conversation.participants.find(({ id }) => id === participantId);
}

/** The code goes on the agent's participant first, and is there before the agent is replaced. */
async function wrapUpBefore(
  code: string,
  participant: IdentifiedParticipant,
  view: ConversationView,
  { codes, ownWrites }: TransferDependencies,
): Promise<void> {
  const wish = { code, overwrite: false, validateCode: true };
  const plan = await planWrapup(wish, await view.conversation(), participant, view.client, codes);
  if (plan.kind === 'ended') return;
  const write = await sendWrapup(view, plan, ownWrites, new Map());
  if (await confirmWrite(view, write)) return;
  throw new StepRefused('not-persisted', 'the wrap-up code was accepted but is not there', participant.id);
}

function ended(kind: Ending['kind'], reason: Ending['reason'], detail: string, participantId: string | null) {
  return { kind: 'ended' as const, ending: { kind, reason, detail, participantId } };
}

function transferred({ destination, participantId }: TransferIntent): Ending {
  return { kind: 'applied', reason: 'written', detail: `transferred to ${describeDestination(destination)}`, participantId };
}

function unconfirmed(detail: string, participantId: string): StepRefused {
  return new StepRefused(
    'transfer-unconfirmed',
    `${detail}; not sent again, because a transfer happens at most once`,
    participantId,
  );
}
