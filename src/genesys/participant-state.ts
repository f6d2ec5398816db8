import type { Models } from 'purecloud-platform-client-v2';
import type { Conversation, Participant } from './genesys-client.ts';

/** The fields of a participant that hold its communications; the official SDK's model `Participant` (v262). */
const MEDIA = [
  'calls',
  'callbacks',
  'chats',
  'cobrowsesessions',
  'emails',
  'internalMessages',
  'messages',
  'screenMonitorings',
  'screenshares',
  'socialExpressions',
  'videos',
] as const satisfies readonly (keyof Participant)[];

/** The fields that the legs of all media have in common. */
export interface Communication {
  /** Detail events name it `sessionId`. */
  readonly id?: string;
  /** An open list: alerting, dialing, contacting, offering, connected, disconnected, terminated, none, ... */
  readonly state?: string;
  readonly direction?: string;
  /** ISO 8601. */
  readonly connectedTime?: string;
  /** ISO 8601. */
  readonly disconnectedTime?: string;
  readonly afterCallWork?: { readonly state?: string };
  readonly wrapup?: Wrapup;
}

/** A code as it was assigned to a participant or to one of its communications. */
export type Wrapup = Models.Wrapup;

/**
 * Genesys's `AfterCallWork.state`, in order of precedence: of the states of all legs of a participant, the first in this list
 * counts.
 */
const AFTER_CALL_WORK_STATES = ['pending', 'complete', 'skipped', 'notApplicable', 'unknown'] as const;

export type AfterCallWorkState = (typeof AFTER_CALL_WORK_STATES)[number];

/** Every leg of the participant, of all media. */
export function communicationsOf(participant: Participant): readonly Communication[] {
  return MEDIA.flatMap((medium): readonly (Communication | null)[] => participant[medium] ?? []).filter((leg) => leg !== null);
}

/** The field of the participant that holds this communication; `null` when none does. */
export function mediumOf(participant: Participant, communicationId: string): (typeof MEDIA)[number] | null {
  return MEDIA.find((medium) => participant[medium]?.some((communication) => communication?.id === communicationId)) ?? null;
}

function isClosedState(state: string | undefined): boolean {
  const lower = state?.toLowerCase();
  return lower === 'disconnected' || lower === 'terminated';
}

/** Disconnected or terminated. */
export function isClosed(communication: Communication): boolean {
  if (!communication.state) return Boolean(communication.disconnectedTime);
  return isClosedState(communication.state);
}

/** It has an end time, or it had communications and all of them are closed. After-call work may still be pending. */
export function isEnded(participant: Participant): boolean {
  if (participant.endTime) return true;
  const communications = communicationsOf(participant);
  return communications.length > 0 && communications.every(isClosed);
}

/** An agent may park a message or an email: the customer is still theirs. */
const WITH_THE_CALLER: ReadonlySet<string> = new Set(['connected', 'parked']);

/**
 * Connected, or with a parked message or email. `[?]` whether Genesys replaces a parked communication: the call is tried.
 */
export function hasCaller(participant: Participant): boolean {
  if (isConnected(participant)) return true;
  return !isEnded(participant) && statesOf(participant).some((state) => WITH_THE_CALLER.has(state));
}

/** It was connected at some time. A leg that rang and was never picked up was not connected, and has nothing to wrap up. */
export function wasConnected(participant: Participant): boolean {
  if (hasCaller(participant) || connectedAt(participant) !== null) return true;
  return HAD_WORK.has(afterCallWorkStateOf(participant)) || codesOf(participant).length > 0;
}

const HAD_WORK: ReadonlySet<AfterCallWorkState> = new Set(['pending', 'complete', 'skipped']);

/** The codes that are set: on the participant, and on its communications if after-call work is kept there. */
function codesOf(participant: Participant): readonly Wrapup[] {
  return [participant.wrapup, ...communicationsOf(participant).map(({ wrapup }) => wrapup)].filter((wrapup) => wrapup != null);
}

function statesOf(participant: Participant): readonly string[] {
  return communicationsOf(participant).flatMap(({ state }) => state?.toLowerCase() ?? []);
}

/**
 * Not ended, and one of its communications is connected (held ones are, too). If none of them has a state, the participant counts
 * as connected.
 */
export function isConnected(participant: Participant): boolean {
  if (isEnded(participant)) return false;
  const states = statesOf(participant);
  return states.length === 0 || states.includes('connected');
}

/**
 * It has an end time or a closed state. That every participant has ended is no proof: this is also true for a moment between the
 * legs of a transfer.
 */
export function isConversationEnded(conversation: Conversation): boolean {
  return Boolean(conversation.endTime) || isClosedState(conversation.state);
}

/**
 * It has ended, and no agent's after-call work is pending any more. `endTime` is when the last participant left. Attributes that
 * are set until the after-call work is done are still reported.
 */
export function isConversationComplete(conversation: Conversation): boolean {
  if (!isConversationEnded(conversation)) return false;
  return conversation.participants.every((participant) => afterCallWorkStateOf(participant) !== 'pending');
}

/** Epoch milliseconds of the participant's own `connectedTime`, else of its last connected communication; `null` when never. */
export function connectedAt(participant: Participant): number | null {
  const own = toEpochMs(participant.connectedTime);
  if (own !== null) return own;
  const times = communicationsOf(participant).flatMap((communication) => toEpochMs(communication.connectedTime) ?? []);
  return times.length === 0 ? null : Math.max(...times);
}

function toEpochMs(time: string | undefined): number | null {
  const epochMs = time === undefined ? Number.NaN : Date.parse(time);
  return Number.isNaN(epochMs) ? null : epochMs;
}

/**
 * The state of the participant's after-call work, or of some of its communications: the reported states, else from `startAcwTime`
 * and `endAcwTime`, else `unknown`.
 */
export function afterCallWorkStateOf(
  participant: Participant,
  communications: readonly Communication[] = communicationsOf(participant),
): AfterCallWorkState {
  const reported = new Set(communications.map(({ afterCallWork }) => afterCallWork?.state?.toLowerCase()));
  const state = AFTER_CALL_WORK_STATES.find((candidate) => reported.has(candidate.toLowerCase()));
  if (state !== undefined && state !== 'unknown') return state;
  if (!participant.startAcwTime) return 'unknown';
  return participant.endAcwTime ? 'complete' : 'pending';
}
