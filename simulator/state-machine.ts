import { randomUUID } from 'node:crypto';
import {
  type AfterCallWorkState,
  type Communication,
  type CommunicationState,
  type Conversation,
  communicationList,
  communicationsOf,
  currentCommunication,
  findParticipant,
  type Media,
  type Participant,
  type RecentTransfer,
} from './conversation.ts';

/**
 * How a communication may move. Who moves it: the caller and the routing (a script or the control API) everything;
 * an API client only `connected` -> `disconnected`, by a transfer.
 */
const NEXT_STATES: Readonly<Record<CommunicationState, readonly CommunicationState[]>> = {
  none: ['alerting', 'dialing', 'contacting', 'offering', 'connected', 'terminated'],
  alerting: ['connected', 'disconnected', 'terminated'],
  dialing: ['contacting', 'connected', 'disconnected', 'terminated'],
  contacting: ['connected', 'disconnected', 'terminated'],
  offering: ['alerting', 'connected', 'disconnected', 'terminated'],
  connected: ['disconnected', 'terminated'],
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

/** A move that the state machine does not know; nothing has changed. */
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

export interface Disconnection {
  /** `client`, `peer`, `endpoint`, `transfer`, ... (`Call.disconnectType`). */
  readonly disconnectType: string;
  /** Where after-call work begins only later, `unknown`: see {@link beginAfterCallWork}. */
  readonly afterCallWork?: 'pending' | 'unknown';
}

/** Ends a participant. A participant whose wrap-up is required and who was connected goes to after-call work. */
export function disconnect(conversation: Conversation, participantId: string, how: Disconnection, at: number): Conversation {
  const left = updateParticipant(conversation, participantId, (participant) => {
    const wasConnected = currentCommunication(participant)?.state === 'connected';
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

/** Sets the wrap-up code; completes after-call work where it is pending. While the agent still talks the code is provisional. */
export function applyWrapup(
  conversation: Conversation,
  participantId: string,
  { code, notes }: { readonly code: string; readonly notes?: string },
  at: number,
): Conversation {
  const pending = currentCommunication(requireParticipant(conversation, participantId))?.afterCallWork?.state === 'pending';
  const completed = pending ? finishAfterCallWork(conversation, participantId, 'complete', at) : conversation;
  return updateParticipant(completed, participantId, (participant) => ({
    ...participant,
    wrapup: { code, ...(notes !== undefined && { notes }), provisional: participant.endTime === undefined, endTime: iso(at) },
  }));
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

/** The replaced participant leaves, the successor joins, and `recentTransfers` tells of it. */
export function transfer(
  conversation: Conversation,
  participantId: string,
  move: { readonly successor: Participant; readonly record: RecentTransfer },
  at: number,
): Conversation {
  const left = disconnect(conversation, participantId, { disconnectType: 'transfer' }, at);
  return {
    ...left,
    participants: [...left.participants, move.successor],
    recentTransfers: [...(left.recentTransfers ?? []), move.record],
  };
}

/** Everybody still there is disconnected (agents go to after-call work) and the conversation is over. */
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

function moveCommunications(participant: Participant, move: (communication: Communication) => Communication): Participant {
  const { media, communications } = communicationsOf(participant);
  return { ...participant, [communicationList(media)]: communications.map(move) };
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
