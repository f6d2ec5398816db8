import type { Target } from '../domain/action.ts';
import type { ConversationEvent } from '../domain/conversation-event.ts';
import { shorten } from '../domain/shorten.ts';
import type { Conversation, Participant } from './genesys-client.ts';
import { normaliseAddress } from './normalise-address.ts';
import { addressesOf } from './participant-addresses.ts';
import { consultedAgents, isAgent, isSupervising } from './participant-role.ts';
import { communicationsOf, connectedAt, hasCaller, isConnected, isEnded, wasConnected } from './participant-state.ts';

/** The fields of an event that identify its participant. */
export type EventParties = Pick<ConversationEvent, 'participantId' | 'communicationId' | 'userId' | 'address'>;

/** Which participant is the target. */
export type ParticipantSelector =
  /** All given fields must hold. If several participants match, the event's own participant counts, if there is an event. */
  | { readonly kind: 'target'; readonly target: Target; readonly own: EventParties | null }
  /** The event's own participant: by `participantId`, else by communication, else by user, else by address. */
  | { readonly kind: 'event'; readonly own: EventParties }
  /** The agent (or user) who has the caller and is replaced by a transfer. The event's own participant if it is an agent. */
  | { readonly kind: 'agent'; readonly own: EventParties };

export type Resolution =
  | { readonly found: true; readonly participant: IdentifiedParticipant }
  | {
      readonly found: false;
      readonly reason: 'participant-not-found' | 'participant-ambiguous';
      /** One sentence that lists the candidates by id, purpose and state; no address, no attribute, no value of the selector. */
      readonly detail: string;
    };

/** Genesys's model allows a participant without an id. Such a participant can't be addressed, so it is never resolved. */
export type IdentifiedParticipant = Participant & { readonly id: string };

/** Enough candidates to see what happened; a conversation can have hundreds of participants. */
const MOST_LISTED = 10;

/**
 * Returns the one participant that is meant, independent of the order in which Genesys lists them. The event's own participant
 * comes first. Of other matches, those that have not ended come first, then those that are not only consulted, then the one
 * connected last. If several are left, the error lists them. A participant who monitors, coaches or has barged in counts only if
 * nobody else matches.
 */
export function resolveParticipant(conversation: Conversation, selector: ParticipantSelector): Resolution {
  const participants = conversation.participants.filter((participant) => participant.id) as IdentifiedParticipant[];
  const present: Present = { participants, consulted: consultedAgents(conversation) };
  switch (selector.kind) {
    case 'target':
      return resolveTarget(present, selector.target, selector.own);
    case 'event':
      return resolveOwn(present, selector.own);
    case 'agent':
      return resolveAgent(present, selector.own);
  }
}

/**
 * The participant that an event names by an id of the participant or of its communication; `null` when none of these is present.
 */
export function namedByEvent(participants: readonly Participant[], own: EventParties): IdentifiedParticipant | null {
  const identified = participants.filter((participant) => participant.id) as IdentifiedParticipant[];
  for (const field of ['participantId', 'communicationId'] as const) {
    const value = own[field];
    const named = value === null ? undefined : identified.find((participant) => matchesTarget(participant, { [field]: value }));
    if (named !== undefined) return named;
  }
  return null;
}

interface Present {
  readonly participants: readonly IdentifiedParticipant[];
  readonly consulted: ReadonlySet<Participant>;
}

/**
 * The event's own agent, also while its phone rings and when it stopped ringing without being picked up: then nobody else is
 * meant. Otherwise the agent who has the caller, and if there is none, the one whose phone rings.
 */
function resolveAgent(present: Present, own: EventParties): Resolution {
  const named = resolveOwn(present, own);
  if (named.found && isAgent(named.participant) && (!isEnded(named.participant) || !wasConnected(named.participant)))
    return named;
  const agents = present.participants.filter((participant) => isAgent(participant) && !isEnded(participant));
  const [first = []] = [isConnected, hasCaller, () => true].map((has) => agents.filter(has)).filter(({ length }) => length > 0);
  return choose(present, first, 'no agent is connected');
}

function resolveTarget(present: Present, target: Target, own: EventParties | null): Resolution {
  const names = Object.keys(target).filter((name) => target[name as keyof Target] !== undefined);
  const matches = names.length === 0 ? [] : present.participants.filter((participant) => matchesTarget(participant, target));
  const meant = withoutSupervisors(matches);
  const named = own === null ? null : namedByEvent(meant, own);
  if (named !== null) return { found: true, participant: named };
  return choose(present, meant, `no participant has the target's ${names.join(', ') || 'fields (none is given)'}`);
}

function withoutSupervisors(matches: readonly IdentifiedParticipant[]): readonly IdentifiedParticipant[] {
  return unlessNone(
    matches.filter((participant) => !isSupervising(participant)),
    matches,
  );
}

function unlessNone<T>(some: readonly T[], all: readonly T[]): readonly T[] {
  return some.length > 0 ? some : all;
}

function matchesTarget(participant: IdentifiedParticipant, target: Target): boolean {
  return (
    (target.participantId === undefined || participant.id === target.participantId) &&
    (target.communicationId === undefined || hasCommunication(participant, target.communicationId)) &&
    (target.userId === undefined || participant.userId === target.userId) &&
    (target.address === undefined || addressesOf(participant).has(normaliseAddress(target.address))) &&
    (target.purpose === undefined || participant.purpose?.toLowerCase() === target.purpose.toLowerCase())
  );
}

function hasCommunication(participant: Participant, communicationId: string): boolean {
  return communicationsOf(participant).some((communication) => communication.id === communicationId);
}

/**
 * An event can carry a participant id that the API never knew (a transient one). So a field that matches nobody falls through to
 * the next field. The first field that matches decides, also when it matches several.
 */
function resolveOwn(present: Present, own: EventParties): Resolution {
  for (const field of ['participantId', 'communicationId', 'userId', 'address'] as const) {
    const value = own[field];
    if (value === null) continue;
    const matches = present.participants.filter((participant) => matchesTarget(participant, { [field]: value }));
    if (matches.length > 0) return choose(present, withoutSupervisors(matches), '');
  }
  return choose(present, [], "no participant has the event's participant id, communication, user or address");
}

function choose({ participants, consulted }: Present, matches: readonly IdentifiedParticipant[], notFound: string): Resolution {
  const active = unlessNone(
    matches.filter((participant) => !isEnded(participant)),
    matches,
  );
  const notOnlyConsulted = unlessNone(
    active.filter((participant) => !consulted.has(participant)),
    active,
  );
  const [best, ...others] = connectedLast(notOnlyConsulted);
  if (best === undefined)
    return { found: false, reason: 'participant-not-found', detail: `${notFound}; there are: ${list(participants)}` };
  if (others.length === 0) return { found: true, participant: best };
  return { found: false, reason: 'participant-ambiguous', detail: `several participants match: ${list([best, ...others])}` };
}

/** The participants that share the latest connect time. One that never connected sorts before all that did. */
function connectedLast(matches: readonly IdentifiedParticipant[]): readonly IdentifiedParticipant[] {
  const times = matches.map((participant) => connectedAt(participant) ?? Number.NEGATIVE_INFINITY);
  const latest = Math.max(...times);
  return matches.filter((_, index) => times[index] === latest);
}

function list(participants: readonly IdentifiedParticipant[]): string {
  if (participants.length === 0) return 'none';
  const described = participants.map(describe).sort();
  const more = described.length - MOST_LISTED;
  return described.slice(0, MOST_LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function describe(participant: IdentifiedParticipant): string {
  return `${shorten(participant.id)} (${shorten(participant.purpose ?? 'no purpose')}, ${shorten(stateOf(participant))})`;
}

function stateOf(participant: Participant): string {
  if (isEnded(participant)) return 'ended';
  if (isConnected(participant)) return 'connected';
  const states = communicationsOf(participant).flatMap((communication) => communication.state ?? []);
  return [...new Set(states)].sort().join('/') || 'no communication';
}
