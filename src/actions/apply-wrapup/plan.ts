import type { Conversation } from '../../genesys/genesys-client.ts';
import {
  type AfterCallWorkState,
  afterCallWorkStateOf,
  communicationsOf,
  isConnected,
  isConversationEnded,
  isEnded,
} from '../../genesys/participant-state.ts';
import type { IdentifiedParticipant } from '../../genesys/resolve-participant.ts';
import type { ActionResources } from '../action-kind.ts';
import type { LiveConversation } from '../live-conversation.ts';
import { type Ending, ending, NotReadyYet, type Step, StepRefused } from '../step.ts';
import type { Write } from '../write.ts';
import type { ApplyWrapup } from './action.ts';
import { createWrapupCodes } from './wrapup-codes.ts';
import { wrapupWrite } from './write.ts';

type WrapupWish = Omit<ApplyWrapup, 'type'>;

/** Wrap-up codes on participants: actions of their own, and the code that a transfer sets first. */
export interface Wrapups {
  /**
   * @param step the step that is done with it; `null` when it is only a part of one
   * @throws NotReadyYet while after-call work has not begun
   * @throws StepRefused when the code is not allowed, or the conversation closed before after-call work began
   */
  plan(wish: WrapupWish, participant: IdentifiedParticipant, live: LiveConversation, step: Step | null): Promise<Write | Ending>;
}

export function createWrapups({ ownWrites, now }: Pick<ActionResources, 'ownWrites' | 'now'>): Wrapups {
  const codes = createWrapupCodes(now);
  return {
    async plan(wish, participant, live, step) {
      const set = endingFromCurrent(wish, wish.code, participant);
      if (set?.kind === 'unchanged') return set;
      assertReady(await live.current(), participant);
      const code = wish.validateCode ? await codes.resolve(live, participant, wish.code) : wish.code;
      const ended = endingFromCurrent(wish, code, participant);
      if (ended !== null) return ended;
      const endings = new Map<Step, Ending>();
      if (step !== null) endings.set(step, ending('applied', 'written', `wrap-up code ${code} set`, participant.id));
      return wrapupWrite({ participantId: participant.id, code, notes: wish.notes ?? null, endings }, live, ownWrites);
    },
  };
}

/** `null` when a code is to be written. A provisional wrap-up is a pending save, and no code that somebody chose. */
function endingFromCurrent(wish: WrapupWish, code: string, participant: IdentifiedParticipant): Ending | null {
  const { wrapup } = participant;
  if (wrapup?.code === undefined || wrapup.provisional === true) return null;
  const same = wrapup.code === code || wrapup.name?.toLowerCase() === code.toLowerCase();
  if (same) return ending('unchanged', 'already-set', 'the code is set already', participant.id);
  if (wish.overwrite) return null;
  const detail = `the code ${wrapup.code} is set already; ${code} would replace it only with overwrite: true`;
  return ending('skipped', 'other-code-set', detail, participant.id);
}

/** After-call work that has begun; how long after its end a code is still taken is unpublished, so Genesys is asked. */
const BEGUN: ReadonlySet<AfterCallWorkState> = new Set(['pending', 'complete', 'skipped']);

/**
 * Genesys takes a code while the agent is connected or after-call work is pending. If Genesys does not report the state of
 * after-call work of an agent that has ended, the write is tried; a 400 means that it is too early.
 */
function assertReady(conversation: Conversation, participant: IdentifiedParticipant): void {
  const afterCallWork = afterCallWorkStateOf(participant);
  if (isConnected(participant) || BEGUN.has(afterCallWork) || (isEnded(participant) && !tellsAfterCallWork(participant))) return;
  const state = `after-call work of the participant is ${afterCallWork}`;
  if (isConversationEnded(conversation)) {
    throw new StepRefused('conversation-closed', `the conversation closed and ${state}`, participant.id);
  }
  throw new NotReadyYet(`${state} and it is not connected`, participant.id);
}

function tellsAfterCallWork(participant: IdentifiedParticipant): boolean {
  return communicationsOf(participant).some(({ afterCallWork }) => afterCallWork?.state !== undefined);
}
