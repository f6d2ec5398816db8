import type { Conversation, GenesysClient } from '../../genesys/genesys-client.ts';
import {
  type AfterCallWorkState,
  afterCallWorkStateOf,
  communicationsOf,
  isConnected,
  isConversationEnded,
  isEnded,
} from '../../genesys/participant-state.ts';
import type { IdentifiedParticipant } from '../../genesys/resolve-participant.ts';
import type { ConversationView } from '../conversation-view.ts';
import type { OwnWrites } from '../own-writes.ts';
import { type Ending, NotReadyYet, type Step, StepRefused } from '../step.ts';
import type { AcceptedWrite } from '../write.ts';
import type { WrapupCodes } from './wrapup-codes.ts';

/** A wrap-up code to be set on one participant. */
export interface WrapupWish {
  /** Id or name. */
  readonly code: string;
  readonly notes?: string;
  readonly overwrite: boolean;
  readonly validateCode: boolean;
}

export interface WrapupDependencies {
  readonly codes: WrapupCodes;
  readonly ownWrites: OwnWrites;
}

/** A PATCH to be sent, or how it ended without one. */
export type WrapupPlan = { readonly kind: 'ended'; readonly ending: Ending } | WrapupWrite;

export interface WrapupWrite {
  readonly kind: 'write';
  readonly participantId: string;
  readonly code: string;
  readonly notes: string | null;
}

/**
 * What is to be sent so that the participant carries the code.
 * @throws NotReadyYet while after-call work has not begun
 * @throws StepRefused when the code is not allowed, or the conversation closed before after-call work began
 */
export async function planWrapup(
  wish: WrapupWish,
  conversation: Conversation,
  participant: IdentifiedParticipant,
  client: GenesysClient,
  codes: WrapupCodes,
): Promise<WrapupPlan> {
  const ended = endingFromCurrent(wish, wish.code, participant);
  if (ended?.kind === 'unchanged') return { kind: 'ended', ending: ended };
  assertReady(conversation, participant);
  const code = wish.validateCode ? await codes.resolve(client, conversation, participant, wish.code) : wish.code;
  const ending = endingFromCurrent(wish, code, participant);
  if (ending !== null) return { kind: 'ended', ending };
  return { kind: 'write', participantId: participant.id, code, notes: wish.notes ?? null };
}

/** `null` when a code is to be written. A provisional wrap-up is a pending save, and no code that somebody chose. */
function endingFromCurrent(wish: WrapupWish, code: string, participant: IdentifiedParticipant): Ending | null {
  const { wrapup } = participant;
  if (wrapup?.code === undefined || wrapup.provisional === true) return null;
  const same = wrapup.code === code || wrapup.name?.toLowerCase() === code.toLowerCase();
  if (same) return { kind: 'unchanged', reason: 'already-set', detail: 'the code is set already', participantId: participant.id };
  if (wish.overwrite) return null;
  const detail = `the code ${wrapup.code} is set already; ${code} would replace it only with overwrite: true`;
  return { kind: 'skipped', reason: 'other-code-set', detail, participantId: participant.id };
}

/** After-call work that has begun; how long after its end a code is still taken is unpublished, so Genesys is asked. */
const BEGUN: ReadonlySet<AfterCallWorkState> = new Set(['pending', 'complete', 'skipped']);

/**
 * Genesys takes a code while the agent is connected or after-call work is pending. Where it does not tell how after-call work of an
 * agent that has ended stands, it is asked by the write itself: its 400 says that it is not time yet.
 */
function assertReady(conversation: Conversation, participant: IdentifiedParticipant): void {
  const afterCallWork = afterCallWorkStateOf(participant);
  if (isConnected(participant) || BEGUN.has(afterCallWork) || (isEnded(participant) && !tellsAfterCallWork(participant))) return;
  const state = `after-call work of the participant is ${afterCallWork}`;
  if (isConversationEnded(conversation)) {
    throw new StepRefused('conversation-closed', `the conversation closed and ${state}`, participant.id);
  }
  throw new NotReadyYet(`${state} and it is not connected`);
}

function tellsAfterCallWork(participant: IdentifiedParticipant): boolean {
  return communicationsOf(participant).some(({ afterCallWork }) => afterCallWork?.state !== undefined);
}

/** Sends one PATCH with only `wrapup`; `endings` are the steps that rest on it. */
export async function sendWrapup(
  view: ConversationView,
  plan: WrapupWrite,
  ownWrites: OwnWrites,
  endings: ReadonlyMap<Step, Ending>,
): Promise<AcceptedWrite> {
  const { participantId, code, notes } = plan;
  const wrapup = notes === null ? { code } : { code, notes };
  const send = () => view.write((version) => view.client.patchWrapup(view.conversationId, participantId, wrapup, { version }));
  await ownWrites.rememberWrapup(await view.conversation(), participantId, code);
  await send();
  return {
    action: 'applyWrapup',
    participantId,
    endings,
    what: 'wrap-up code',
    echoed: false,
    isVisible: ({ participants }) => participants.some((fresh) => fresh.id === participantId && fresh.wrapup?.code === code),
    repeat: send,
  };
}
