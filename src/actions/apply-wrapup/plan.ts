import { shorten } from '../../domain/shorten.ts';
import type { Conversation } from '../../genesys/genesys-client.ts';
import { isAgent } from '../../genesys/participant-role.ts';
import {
  type AfterCallWorkState,
  afterCallWorkStateOf,
  hasCaller,
  isClosed,
  isConversationEnded,
  isEnded,
  wasConnected,
} from '../../genesys/participant-state.ts';
import type { ActionResources } from '../action-kind.ts';
import type { LiveConversation } from '../live-conversation.ts';
import { type Ending, ending, NotReadyYet, type Step, StepRefused, StillRinging } from '../step.ts';
import type { Write } from '../write.ts';
import type { ApplyWrapup } from './action.ts';
import { codesAt, communicationPlaceOf, communicationsAt, notAnAgent, type WrapupPlace } from './place.ts';
import { createWrapupCodes, nameOfCode } from './wrapup-codes.ts';
import { wrapupWrite } from './write.ts';

type WrapupWish = Omit<ApplyWrapup, 'type'>;

/** Plans wrap-up codes on participants: as actions of their own, and as the code that a transfer sets first. */
export interface Wrapups {
  /**
   * @param step the step that the code completes; `null` when the code is only part of a step
   * @throws NotReadyYet while after-call work has not begun
   * @throws StepRefused when the code is not allowed, or the conversation closed before after-call work began
   */
  plan(wish: WrapupWish, place: WrapupPlace, live: LiveConversation, step: Step | null): Promise<Write | Ending>;
}

export function createWrapups({ ownWrites, now }: Pick<ActionResources, 'ownWrites' | 'now'>): Wrapups {
  const codes = createWrapupCodes(now);
  return {
    async plan(wish, place, live, step) {
      const { participant } = place;
      const set = endingFromCurrent(wish, wish.code, place);
      if (set?.kind === 'unchanged') return set;
      const never = endingOfNever(place);
      if (never !== null) return never;
      assertReady(await live.current(), place);
      const code = wish.validateCode ? await codes.resolve(live, participant, wish) : wish.code;
      const ended = endingFromCurrent(wish, code, place);
      if (ended !== null) return ended;
      const endings = new Map<Step, Ending>();
      if (step !== null)
        endings.set(step, ending('applied', 'written', `${nameOfCode({ ...wish, code })} was set`, participant.id));
      const { notes, tags, durationSeconds } = wish;
      const wrapup = {
        code,
        ...(notes !== undefined && { notes }),
        ...(tags !== undefined && { tags }),
        ...(durationSeconds !== undefined && { durationSeconds }),
      };
      return wrapupWrite({ place, communication: communicationPlaceOf(place), wrapup, endings }, live, ownWrites);
    },
  };
}

/** Genesys sets these where nobody chose a code (`ININ-WRAP-UP-TIMEOUT`, `ININ-OUTBOUND-...`). */
const SYSTEM_CODE = /^ININ-/i;

/** `null` when a code is to be written. A provisional wrap-up is a pending save and not a code that somebody chose. */
function endingFromCurrent(wish: WrapupWish, code: string, place: WrapupPlace): Ending | null {
  const { id } = place.participant;
  const chosen = codesAt(place).filter((wrapup) => wrapup.code !== undefined && wrapup.provisional !== true);
  const same = chosen.some((wrapup) => wrapup.code === code || wrapup.name?.toLowerCase() === code.toLowerCase());
  if (same) return ending('unchanged', 'already-set', 'the code is set already', id);
  const other = chosen.find((wrapup) => !SYSTEM_CODE.test(wrapup.code ?? '') && !SYSTEM_CODE.test(wrapup.name ?? ''));
  if (other === undefined || wish.overwrite) return null;
  const wanted = nameOfCode({ ...wish, code });
  const detail = `the code ${shorten(other.code ?? '')} is set already; ${wanted} would replace it only with overwrite: true`;
  return ending('skipped', 'other-code-set', detail, id);
}

/** Why there will never be a code, so that nothing waits for it; `null` when there may still be one. */
function endingOfNever(place: WrapupPlace): Ending | null {
  const { participant } = place;
  if (!isAgent(participant) && participant.userId === undefined) return notAnAgent('the participant is no agent', participant.id);
  if (!hasLeft(place)) return null;
  if (!wasConnected(participant)) {
    return ending(
      'skipped',
      'never-connected',
      'the phone rang and nobody answered: there is nothing to wrap up',
      participant.id,
    );
  }
  const state = workAt(place);
  if (state === 'notApplicable' || state === 'skipped') {
    return ending('skipped', 'no-after-call-work', `after-call work of the participant is ${state}`, participant.id);
  }
  if (participant.wrapupPrompt?.toLowerCase() === 'agentrequested' && state === 'unknown') {
    return ending(
      'skipped',
      'no-after-call-work',
      'after-call work is only on request, and the agent asked for none',
      participant.id,
    );
  }
  return null;
}

/** After-call work that has begun. Genesys does not publish how long after its end a code is accepted, so the call is tried. */
const BEGUN: ReadonlySet<AfterCallWorkState> = new Set(['pending', 'complete']);

/**
 * Genesys takes a code while the agent has the caller or after-call work is pending. If Genesys does not report the state of
 * after-call work of an agent that has ended, the write is tried; a 400 means that it is too early.
 */
function assertReady(conversation: Conversation, place: WrapupPlace): void {
  const { participant } = place;
  const afterCallWork = workAt(place);
  if (hasCaller(participant) || BEGUN.has(afterCallWork) || (hasLeft(place) && !tellsAfterCallWork(place))) return;
  const state = `after-call work of the participant is ${afterCallWork}`;
  if (isConversationEnded(conversation)) {
    throw new StepRefused('conversation-closed', `the conversation closed and ${state}`, participant.id);
  }
  if (!hasLeft(place)) throw new StillRinging('the participant is not connected yet', participant.id);
  throw new NotReadyYet(`${state} and it is not connected`, participant.id);
}

function hasLeft(place: WrapupPlace): boolean {
  if (isEnded(place.participant)) return true;
  const communications = communicationsAt(place);
  return communications.length > 0 && communications.every(isClosed);
}

function workAt(place: WrapupPlace): AfterCallWorkState {
  return afterCallWorkStateOf(place.participant, communicationsAt(place));
}

function tellsAfterCallWork(place: WrapupPlace): boolean {
  return communicationsAt(place).some(({ afterCallWork }) => afterCallWork?.state !== undefined);
}
