import type { Conversation, WrapupMedium } from '../../genesys/genesys-client.ts';
import { isSupervising } from '../../genesys/participant-role.ts';
import { type Communication, communicationsOf, mediumOf, type Wrapup } from '../../genesys/participant-state.ts';
import { type IdentifiedParticipant, namedByEvent } from '../../genesys/resolve-participant.ts';
import { type Ending, ending, requireParticipant, type Step } from '../step.ts';

/** The place of a code: a participant, or the communication of it that the target or the event names. */
export interface WrapupPlace {
  readonly participant: IdentifiedParticipant;
  readonly communicationId: string | null;
}

/** An event about a supervisor's own session is no reason to wrap up the agent whom the supervisor listened to. */
export function placeOf(step: Step, conversation: Conversation): WrapupPlace | Ending {
  const { own } = step.defaultSelector;
  const named = own === null ? null : namedByEvent(conversation.participants, own);
  if (named !== null && isSupervising(named)) return supervises(named.id);
  const participant = requireParticipant(step, conversation);
  // A target can also name a supervisor, for example by the user.
  if (isSupervising(participant)) return supervises(participant.id);
  const wanted = [step.target(conversation)?.communicationId, own?.communicationId];
  const communication = wanted.find((id) => communicationsOf(participant).some((each) => id != null && each.id === id));
  return { participant, communicationId: communication ?? null };
}

function supervises(participantId: string): Ending {
  return notAnAgent('the participant only monitors, coaches or has barged in', participantId);
}

export function notAnAgent(detail: string, participantId: string): Ending {
  return ending('skipped', 'not-an-agent', `${detail}: a wrap-up code belongs to an agent`, participantId);
}

/** The communications that the code is about. */
export function communicationsAt({ participant, communicationId }: WrapupPlace): readonly Communication[] {
  const communications = communicationsOf(participant);
  return communicationId === null ? communications : communications.filter(({ id }) => id === communicationId);
}

/** The codes that are already set at the place. Codes on other communications of the participant do not count. */
export function codesAt(place: WrapupPlace): readonly Wrapup[] {
  return [place.participant.wrapup, ...communicationsAt(place).map(({ wrapup }) => wrapup)].filter((wrapup) => wrapup != null);
}

export interface CommunicationPlace {
  readonly medium: WrapupMedium;
  readonly id: string;
}

const PATHS: Readonly<Record<string, WrapupMedium>> = {
  calls: 'calls',
  callbacks: 'callbacks',
  cobrowsesessions: 'cobrowsesessions',
  emails: 'emails',
  messages: 'messages',
  screenshares: 'screenshares',
  socialExpressions: 'socials',
  videos: 'videos',
};

/**
 * The communication whose own call takes the code. There is one if a communication is named, its medium has such a call, and
 * after-call work is kept at communications. `[?]` what the participant shows then. We assume so if a communication has a code,
 * or has after-call work while the participant has none.
 */
export function communicationPlaceOf({ participant, communicationId }: WrapupPlace): CommunicationPlace | null {
  if (communicationId === null) return null;
  const medium = PATHS[mediumOf(participant, communicationId) ?? ''];
  if (medium === undefined) return null;
  const communications = communicationsOf(participant);
  const hasCode = communications.some(({ wrapup }) => wrapup?.code !== undefined);
  const hasWork = communications.some(({ afterCallWork }) => WORK.has(afterCallWork?.state?.toLowerCase() ?? ''));
  return hasCode || (hasWork && !participant.startAcwTime && !participant.wrapup) ? { medium, id: communicationId } : null;
}

const WORK: ReadonlySet<string> = new Set(['pending', 'complete']);
