import { randomUUID } from 'node:crypto';
import {
  type AfterCallWorkState,
  allCommunications,
  type Communication,
  type CommunicationState,
  type Conversation,
  communicationList,
  currentCommunication,
  findParticipant,
  MEDIA,
  type Media,
  type Participant,
  type RecentTransfer,
  type WrapupInput,
  type WrapupPrompt,
} from './conversation.ts';

/**
 * The allowed moves of a communication. The caller and the routing (a script or the control API) can make every move; an API
 * client only `connected` -> `disconnected`, by a transfer.
 */
const NEXT_STATES: Readonly<Record<CommunicationState, readonly CommunicationState[]>> = {
  none: ['alerting', 'dialing', 'contacting', 'offering', 'connected', 'terminated'],
  alerting: ['connected', 'disconnected', 'terminated'],
  dialing: ['contacting', 'connected', 'disconnected', 'terminated'],
  contacting: ['connected', 'disconnected', 'terminated'],
  offering: ['alerting', 'connected', 'disconnected', 'terminated'],
  connected: ['parked', 'disconnected', 'terminated'],
  parked: ['connected', 'disconnected', 'terminated'],
  disconnected: ['terminated'],
  terminated: [],
};

/** After-call work; `complete` and `skipped` are final. Moved by the agent, and completed by an applied wrap-up code. */
const NEXT_AFTER_CALL_WORK: Readonly<Record<AfterCallWorkState, readonly AfterCallWorkState[]>> = {
  unknown: ['pending', 'notApplicable', 'skipped'],
  notApplicable: ['pending'],
  pending: ['complete', 'skipped'],
  skipped: [],
  complete: [],
};

/** A move that the state machine does not allow; nothing has changed. */
export class IllegalTransition extends Error {
  override readonly name = 'IllegalTransition';
}

export interface NewParticipant {
  readonly id?: string;
  readonly purpose: string;
  readonly media: Media;
  readonly state: CommunicationState;
  readonly direction: 'inbound' | 'outbound';
  readonly communicationId?: string;
  readonly userId?: string;
  readonly queueId?: string;
  readonly name?: string;
  readonly address?: string;
  readonly ani?: string;
  readonly dnis?: string;
  /** Whether a disconnect starts after-call work. */
  readonly wrapupRequired?: boolean;
  readonly wrapupPrompt?: WrapupPrompt;
  readonly mediaRoles?: readonly string[];
  readonly monitoredParticipantId?: string;
  readonly coachedParticipantId?: string;
  readonly bargedParticipantId?: string;
  readonly consultParticipantId?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

const iso = (at: number) => new Date(at).toISOString();

/** Adds a participant with one communication. */
export function join(conversation: Conversation, joining: NewParticipant, at: number): Conversation {
  return { ...conversation, participants: [...conversation.participants, createParticipant(joining, at)] };
}

/** Times are epoch milliseconds here and ISO 8601 in the resource. */
export function createParticipant(joining: NewParticipant, at: number): Participant {
  const { id, media, state, direction, communicationId, attributes, ...identity } = joining;
  const connected = state === 'connected';
  const communication: Communication = {
    id: communicationId ?? randomUUID(),
    state,
    direction,
    provider: media === 'voice' ? 'Edge' : 'PureCloud Messaging',
    ...(state === 'alerting' && { startAlertingTime: iso(at) }),
    ...(connected && { connectedTime: iso(at) }),
    ...(joining.wrapupRequired && { afterCallWork: { state: 'unknown' }, afterCallWorkRequired: true }),
  };
  return {
    ...identity,
    id: id ?? randomUUID(),
    startTime: iso(at),
    ...(connected && { connectedTime: iso(at) }),
    attributes: { ...attributes },
    [communicationList(media)]: [communication],
  };
}

/** `alerting`, `dialing`, ... -> `connected`. */
export function connect(conversation: Conversation, participantId: string, at: number): Conversation {
  return updateParticipant(conversation, participantId, (participant) => ({
    ...moveCommunications(participant, (communication) => moveTo(communication, 'connected', { connectedTime: iso(at) })),
    connectedTime: iso(at),
  }));
}

/** `connected` -> `parked` and back: the agent parks a message or an email. */
export function park(conversation: Conversation, participantId: string, at: number): Conversation {
  return updateParticipant(conversation, participantId, (participant) =>
    moveCommunications(participant, (communication) => moveTo(communication, 'parked', { parkTime: iso(at) })),
  );
}

export function resume(conversation: Conversation, participantId: string): Conversation {
  return updateParticipant(conversation, participantId, (participant) =>
    moveCommunications(participant, (communication) => moveTo(communication, 'connected', {})),
  );
}

export interface Disconnection {
  /** `client`, `peer`, `endpoint`, `transfer`, ... (`Call.disconnectType`). */
  readonly disconnectType: string;
  /** `unknown` if after-call work begins only later: see {@link beginAfterCallWork}. */
  readonly afterCallWork?: 'pending' | 'unknown';
}

/** Ends a participant. A participant whose wrap-up is required and who was connected goes to after-call work. */
export function disconnect(conversation: Conversation, participantId: string, how: Disconnection, at: number): Conversation {
  const left = updateParticipant(conversation, participantId, (participant) => {
    const state = currentCommunication(participant)?.state;
    const wasConnected = state === 'connected' || state === 'parked';
    const ended = {
      ...moveCommunications(participant, (communication) => endCommunication(communication, how.disconnectType, at)),
      endTime: iso(at),
    };
    return wasConnected && participant.wrapupRequired && !participant.wrapup ? ended : withoutAfterCallWork(ended);
  });
  return how.afterCallWork === 'unknown' ? left : beginAfterCallWorkIfDue(left, participantId, at);
}

function beginAfterCallWorkIfDue(conversation: Conversation, participantId: string, at: number): Conversation {
  const due = currentCommunication(requireParticipant(conversation, participantId))?.afterCallWork?.state === 'unknown';
  return due ? beginAfterCallWork(conversation, participantId, at) : conversation;
}

/** An agent who never talked, or whose wrap-up is set already, has no after-call work to do. */
function withoutAfterCallWork(participant: Participant): Participant {
  return moveCommunications(participant, (communication) =>
    communication.afterCallWork?.state === 'unknown'
      ? { ...communication, afterCallWork: { state: 'notApplicable' } }
      : communication,
  );
}

/** `unknown` or `notApplicable` -> `pending`, of a participant who has left. */
export function beginAfterCallWork(conversation: Conversation, participantId: string, at: number): Conversation {
  if (requireParticipant(conversation, participantId).endTime === undefined) {
    throw new IllegalTransition(`participant ${participantId} has not left yet`);
  }
  return updateParticipant(conversation, participantId, (participant) => ({
    ...moveCommunications(participant, (communication) => moveAfterCallWork(communication, 'pending', at)),
    startAcwTime: iso(at),
  }));
}

/** `pending` -> `complete` or `skipped`. */
export function finishAfterCallWork(
  conversation: Conversation,
  participantId: string,
  state: 'complete' | 'skipped',
  at: number,
): Conversation {
  return updateParticipant(conversation, participantId, (participant) => ({
    ...moveCommunications(participant, (communication) => moveAfterCallWork(communication, state, at)),
    endAcwTime: iso(at),
  }));
}

/** Where a code is kept: on the participant, or on its communications (all that are open for one, or the named one). */
export interface WrapupPlace {
  readonly level: 'participant' | 'communication';
  readonly communicationId?: string | undefined;
}

/** Sets the wrap-up code; completes pending after-call work. While the agent still talks the code is provisional. */
export function applyWrapup(
  conversation: Conversation,
  participantId: string,
  input: WrapupInput,
  at: number,
  place: WrapupPlace = { level: 'participant' },
): Conversation {
  return updateParticipant(conversation, participantId, (participant) => {
    const completes = allCommunications(participant).some(
      ({ communication }) => communication.afterCallWork?.state === 'pending',
    );
    const atParticipant = place.level === 'participant';
    const wrapup = { ...input, provisional: participant.endTime === undefined, endTime: iso(at) };
    const moved = moveCommunications(participant, (communication) => {
      if (!isOpenForWrapup(communication, place)) return communication;
      const done =
        communication.afterCallWork?.state === 'pending' ? moveAfterCallWork(communication, 'complete', at) : communication;
      return atParticipant ? done : { ...done, wrapup: { ...wrapup, provisional: communication.disconnectedTime === undefined } };
    });
    return { ...moved, ...(atParticipant && { wrapup, ...(completes && { endAcwTime: iso(at) }) }) };
  });
}

/** Connected, parked, or with after-call work that is pending or over. */
export function isOpenForWrapup(
  communication: Communication,
  { communicationId }: Pick<WrapupPlace, 'communicationId'>,
): boolean {
  if (communicationId !== undefined && communication.id !== communicationId) return false;
  const afterCallWork = communication.afterCallWork?.state;
  const talks = communication.state === 'connected' || communication.state === 'parked';
  return talks || afterCallWork === 'pending' || afterCallWork === 'complete';
}

/** Merges by key: other attributes stay. */
export function mergeAttributes(
  conversation: Conversation,
  participantId: string,
  attributes: Readonly<Record<string, string>>,
): Conversation {
  return updateParticipant(conversation, participantId, (participant) => ({
    ...participant,
    attributes: { ...participant.attributes, ...attributes },
  }));
}

export interface TransferMove {
  /** The successor; `null` if the transfer failed or hangs. */
  readonly successor: Participant | null;
  /** Whether the replaced participant leaves at once: not in an attended transfer. */
  readonly leaves: boolean;
  readonly record: RecentTransfer;
}

/** Adds an entry to `recentTransfers`; the successor joins and the replaced participant leaves, as the move defines. */
export function transfer(conversation: Conversation, participantId: string, move: TransferMove, at: number): Conversation {
  const left = move.leaves ? disconnect(conversation, participantId, { disconnectType: 'transfer' }, at) : conversation;
  return {
    ...left,
    participants: [...left.participants, ...(move.successor === null ? [] : [move.successor])],
    recentTransfers: [...(left.recentTransfers ?? []), move.record],
  };
}

/** Sets the result of a pending transfer. */
export function settleTransfer(conversation: Conversation, transferId: string, state: string): Conversation {
  const recentTransfers = (conversation.recentTransfers ?? []).map((each) =>
    each.id === transferId ? { ...each, state } : each,
  );
  return { ...conversation, recentTransfers };
}

/** Every remaining participant is disconnected (agents go to after-call work) and the conversation is over. */
export function end(conversation: Conversation, at: number): Conversation {
  const left = conversation.participants
    .filter((participant) => participant.endTime === undefined)
    .reduce((rest, { id }) => disconnect(rest, id, { disconnectType: 'peer' }, at), conversation);
  return { ...left, endTime: iso(at) };
}

function updateParticipant(
  conversation: Conversation,
  participantId: string,
  update: (participant: Participant) => Participant,
): Conversation {
  requireParticipant(conversation, participantId);
  return {
    ...conversation,
    participants: conversation.participants.map((each) => (each.id === participantId ? update(each) : each)),
  };
}

function requireParticipant(conversation: Conversation, participantId: string): Participant {
  const participant = findParticipant(conversation, participantId);
  if (!participant) throw new IllegalTransition(`conversation ${conversation.id} has no participant ${participantId}`);
  return participant;
}

/** Of all media. */
function moveCommunications(participant: Participant, move: (communication: Communication) => Communication): Participant {
  const lists = MEDIA.map(communicationList).flatMap((list) => {
    const communications = participant[list];
    return communications === undefined ? [] : [[list, communications.map(move)] as const];
  });
  return { ...participant, ...Object.fromEntries(lists) };
}

function moveTo(communication: Communication, state: CommunicationState, times: Partial<Communication>): Communication {
  if (!NEXT_STATES[communication.state].includes(state)) {
    throw new IllegalTransition(`communication ${communication.id}: ${communication.state} -> ${state} does not exist`);
  }
  return { ...communication, ...times, state };
}

function endCommunication(communication: Communication, disconnectType: string, at: number): Communication {
  if (communication.state === 'disconnected' || communication.state === 'terminated') return communication;
  const state = communication.state === 'none' ? 'terminated' : 'disconnected';
  return moveTo(communication, state, { disconnectedTime: iso(at), disconnectType });
}

function moveAfterCallWork(communication: Communication, state: AfterCallWorkState, at: number): Communication {
  const current = communication.afterCallWork ?? { state: 'notApplicable' };
  if (!NEXT_AFTER_CALL_WORK[current.state].includes(state)) {
    throw new IllegalTransition(`after-call work of ${communication.id}: ${current.state} -> ${state} does not exist`);
  }
  const time = state === 'pending' ? { startTime: iso(at) } : { endTime: iso(at) };
  return { ...communication, afterCallWork: { ...current, ...time, state } };
}
