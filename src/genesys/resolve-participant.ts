import type { Target } from '../domain/action.ts';
import type { ConversationEvent } from '../domain/conversation-event.ts';
import type { Conversation, Participant } from './genesys-client.ts';
import { normaliseAddress } from './normalise-address.ts';
import { addressesOf } from './participant-addresses.ts';
import { communicationsOf, connectedAt, isConnected, isEnded } from './participant-state.ts';

/** Who is meant. */
export type ParticipantSelector =
  /** All fields that are given must hold. */
  | { readonly kind: 'target'; readonly target: Target }
  /** The event's own participant: by `participantId`, else by communication, else by user, else by address. */
  | ({ readonly kind: 'event' } & Pick<ConversationEvent, 'participantId' | 'communicationId' | 'userId' | 'address'>)
  /** The agent (or user) that is connected: the one that a transfer replaces. */
  | { readonly kind: 'connected-agent' };

export type Resolution =
  | { readonly found: true; readonly participant: IdentifiedParticipant }
  | {
      readonly found: false;
      readonly reason: 'participant-not-found' | 'participant-ambiguous';
      /** One sentence that lists the candidates by id, purpose and state; no address, no attribute, no value of the selector. */
      readonly detail: string;
    };

/** Genesys's model allows a participant without an id; such a one can't be addressed, so it is never resolved. */
export type IdentifiedParticipant = Participant & { readonly id: string };

/** Enough to see what happened; a conversation can have hundreds of participants. */
const MOST_LISTED = 10;

const AGENT_PURPOSES: ReadonlySet<string> = new Set(['agent', 'user']);

/**
 * The one participant that is meant, whatever the order in which Genesys lists them: of several that match, those not
 * ended; of these, the one connected last; still several is an error that lists them.
 */
export function resolveParticipant(conversation: Conversation, selector: ParticipantSelector): Resolution {
  const participants = conversation.participants.filter((participant) => participant.id) as IdentifiedParticipant[];
  switch (selector.kind) {
    case 'target':
      return resolveTarget(participants, selector.target);
    case 'event':
      return resolveOwn(participants, selector);
    case 'connected-agent':
      return choose(participants, participants.filter(isConnectedAgent), 'no agent is connected');
  }
}

function isConnectedAgent(participant: Participant): boolean {
  return AGENT_PURPOSES.has(participant.purpose?.toLowerCase() ?? '') && isConnected(participant);
}

function resolveTarget(participants: readonly IdentifiedParticipant[], target: Target): Resolution {
  const names = Object.keys(target).filter((name) => target[name as keyof Target] !== undefined);
  const matches = names.length === 0 ? [] : participants.filter((participant) => matchesTarget(participant, target));
  return choose(participants, matches, `no participant has the target's ${names.join(', ') || 'fields (none is given)'}`);
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
 * An event can carry a participant id that the API never knew (a transient one), so what names nobody falls through to the
 * next field. The first field that names somebody decides, also when it names several.
 */
function resolveOwn(
  participants: readonly IdentifiedParticipant[],
  event: Pick<ConversationEvent, 'participantId' | 'communicationId' | 'userId' | 'address'>,
): Resolution {
  for (const field of ['participantId', 'communicationId', 'userId', 'address'] as const) {
    const value = event[field];
    if (value === null) continue;
    const matches = participants.filter((participant) => matchesTarget(participant, { [field]: value }));
    if (matches.length > 0) return choose(participants, matches, '');
  }
  return choose(participants, [], "no participant has the event's participant id, communication, user or address");
}

function choose(
  participants: readonly IdentifiedParticipant[],
  matches: readonly IdentifiedParticipant[],
  notFound: string,
): Resolution {
  const [best, ...others] = connectedLast(preferActive(matches));
  if (best === undefined)
    return { found: false, reason: 'participant-not-found', detail: `${notFound}; there are: ${list(participants)}` };
  if (others.length === 0) return { found: true, participant: best };
  return { found: false, reason: 'participant-ambiguous', detail: `several participants match: ${list([best, ...others])}` };
}

function preferActive(matches: readonly IdentifiedParticipant[]): readonly IdentifiedParticipant[] {
  const active = matches.filter((participant) => !isEnded(participant));
  return active.length > 0 ? active : matches;
}

/** Those that share the latest time of connecting; one that never connected is before all that did. */
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
  return `${participant.id} (${participant.purpose ?? 'no purpose'}, ${stateOf(participant)})`;
}

function stateOf(participant: Participant): string {
  if (isEnded(participant)) return 'ended';
  if (isConnected(participant)) return 'connected';
  const states = communicationsOf(participant).flatMap((communication) => communication.state ?? []);
  return [...new Set(states)].sort().join('/') || 'no communication';
}
