import { createRandom, type Random } from './random.ts';

/**
 * What an event asks for:
 * - `tag`: an attribute of its own, and its sequence number in the attribute `last`
 * - `same`: a value that every `same` event of the conversation asks for, so that only the first changes anything
 * - `wrap-up`: the agent's wrap-up code
 * - `transfer`: an attribute of its own, and then a transfer to another queue
 * - `refused`: an attribute of a participant that there is not: a dead letter
 */
export type EventKind = 'tag' | 'same' | 'wrap-up' | 'transfer' | 'refused';

export interface PlannedEvent {
  readonly id: string;
  readonly conversationId: string;
  /** From 1, in the order in which the conversation's events are sent. */
  readonly sequence: number;
  readonly kind: EventKind;
}

export type SenderStep =
  | { readonly kind: 'deliver'; readonly events: readonly PlannedEvent[]; readonly repeatLater: boolean }
  /** The call is over, whatever is still on its way. */
  | { readonly kind: 'end'; readonly conversationId: string };

export interface EventPlan {
  readonly conversationIds: readonly string[];
  /** One for each connection. A conversation belongs to one lane, so that its events have an order. */
  readonly lanes: readonly (readonly SenderStep[])[];
}

const LANES = 8;
const OPEN_AT_ONCE = 5;
const EVENTS_OF_CONVERSATION = { least: 20, most: 60 };
const EVENTS_OF_BURST = { least: 1, most: 8 };
/** A delivery holds the bursts of so many conversations at most. */
const BURSTS_OF_DELIVERY = 3;
const REPEATED = 0.03;
/** What is special about a conversation; few end, because it is hard to see from outside that an event was rightly skipped. */
const ROLES = ['plain', 'plain', 'wrap-up', 'wrap-up', 'transfer', 'transfer', 'transfer', 'transfer', 'ending'] as const;

interface OpenConversation {
  readonly id: string;
  readonly kinds: EventKind[];
  sent: number;
  /** After so many events the call ends; `null`: it outlasts them. */
  readonly endsAfter: number | null;
  ended: boolean;
}

/** At least `events` events for many conversations, the same for the same seed. */
export function planEvents(seed: number, events: number): EventPlan {
  const random = createRandom(seed);
  const conversationIds: string[] = [];
  const open = () => {
    const id = `call-${seed}-${conversationIds.length + 1}`;
    conversationIds.push(id);
    return openConversation(id, random);
  };
  const lanes = Array.from({ length: LANES }, () => planLane(Math.ceil(events / LANES), open, random));
  return { conversationIds, lanes };
}

function openConversation(id: string, random: Random): OpenConversation {
  const length = random.between(EVENTS_OF_CONVERSATION.least, EVENTS_OF_CONVERSATION.most);
  const kinds = Array.from({ length }, (): EventKind => {
    if (random.chance(0.02)) return 'refused';
    return random.chance(0.1) ? 'same' : 'tag';
  });
  const role = random.pick(ROLES);
  if (role === 'wrap-up' || role === 'transfer') kinds[random.between(0, length - 1)] = role;
  const endsAfter = role === 'ending' ? random.between(Math.ceil(length / 2), length - 1) : null;
  return { id, kinds, sent: 0, endsAfter, ended: false };
}

function planLane(events: number, open: () => OpenConversation, random: Random): SenderStep[] {
  const steps: SenderStep[] = [];
  let going = Array.from({ length: OPEN_AT_ONCE }, open);
  let planned = 0;
  while (going.length > 0) {
    const chosen = new Set(Array.from({ length: BURSTS_OF_DELIVERY }, () => random.pick(going)));
    for (const conversation of chosen) {
      if (conversation.ended || conversation.endsAfter === null || conversation.sent < conversation.endsAfter) continue;
      conversation.ended = true;
      steps.push({ kind: 'end', conversationId: conversation.id });
    }
    const delivered = [...chosen].flatMap((conversation) => nextBurst(conversation, random));
    planned += delivered.length;
    steps.push({ kind: 'deliver', events: delivered, repeatLater: random.chance(REPEATED) });
    const left = going.filter(({ sent, kinds }) => sent < kinds.length);
    const room = planned < events ? OPEN_AT_ONCE - left.length : 0;
    going = [...left, ...Array.from({ length: room }, open)];
  }
  return steps;
}

function nextBurst(conversation: OpenConversation, random: Random): PlannedEvent[] {
  const { id: conversationId, kinds, sent } = conversation;
  const size = random.between(EVENTS_OF_BURST.least, EVENTS_OF_BURST.most);
  const burst = kinds.slice(sent, sent + size);
  conversation.sent += burst.length;
  return burst.map((kind, index) => {
    const sequence = sent + index + 1;
    return { id: `${conversationId}-event-${sequence}`, conversationId, sequence, kind };
  });
}
