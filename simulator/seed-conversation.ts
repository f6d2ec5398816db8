import { randomUUID } from 'node:crypto';
import {
  type Communication,
  type CommunicationList,
  type Conversation,
  communicationList,
  MEDIA,
  type Participant,
} from './conversation.ts';

/** In these states the caller never reached the participant, so there is no connect time. */
const NOT_CONNECTED: ReadonlySet<string> = new Set(['none', 'alerting', 'dialing', 'contacting', 'offering']);

type CommunicationSeed = Partial<Communication>;
export type ParticipantSeed = Partial<Omit<Participant, CommunicationList>> &
  Partial<Record<CommunicationList, readonly CommunicationSeed[]>>;

/** A conversation as JSON. Missing fields get a default: ids are UUIDs, times are now, a communication is connected. */
export type ConversationSeed = Partial<Omit<Conversation, 'participants'>> & {
  readonly participants?: readonly ParticipantSeed[];
};

/** Fields that the simulator does not know are kept and returned unchanged. */
export function seedConversation(seed: ConversationSeed, at: number): Conversation {
  const startTime = seed.startTime ?? new Date(at).toISOString();
  return {
    ...seed,
    id: seed.id ?? randomUUID(),
    startTime,
    participants: (seed.participants ?? []).map((participant) => seedParticipant(participant, startTime)),
  };
}

/** An additional participant of an existing conversation. */
export function seedParticipant(seed: ParticipantSeed, startTime: string): Participant {
  const ended = seed.endTime !== undefined;
  const { calls, callbacks, chats, emails, messages, videos, cobrowsesessions, screenshares, ...own } = seed;
  const started = seed.startTime ?? startTime;
  return {
    ...own,
    id: seed.id ?? randomUUID(),
    purpose: seed.purpose ?? 'customer',
    startTime: started,
    ...(isAnswered(seed) && { connectedTime: seed.connectedTime ?? started }),
    attributes: { ...seed.attributes },
    ...seedCommunications(seed, ended),
  };
}

/** Somebody was connected to it, unless its legs only rang, or were never started. */
function isAnswered(seed: ParticipantSeed): boolean {
  const legs = MEDIA.flatMap((media) => seed[communicationList(media)] ?? []);
  return legs.length === 0 || legs.some((leg) => !NOT_CONNECTED.has(leg.state ?? 'connected') && !onlyRang(leg));
}

function onlyRang({ state, startAlertingTime, connectedTime }: CommunicationSeed): boolean {
  return state === 'disconnected' && startAlertingTime !== undefined && connectedTime === undefined;
}

function seedCommunications(seed: ParticipantSeed, ended: boolean): Partial<Record<CommunicationList, readonly Communication[]>> {
  const lists: Partial<Record<CommunicationList, readonly Communication[]>> = {};
  for (const media of MEDIA) {
    const list = communicationList(media);
    const communications = seed[list];
    if (communications) lists[list] = communications.map((each) => seedCommunication(each, ended));
  }
  if (Object.keys(lists).length === 0) lists.calls = [seedCommunication({}, ended)];
  return lists;
}

function seedCommunication(seed: CommunicationSeed, ended: boolean): Communication {
  return { ...seed, id: seed.id ?? randomUUID(), state: seed.state ?? (ended ? 'disconnected' : 'connected') };
}
