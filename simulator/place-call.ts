import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CallStep, participantOf, performStep } from './call-step.ts';
import type { Conversation, Media } from './conversation.ts';
import type { Delivery } from './event-sender.ts';
import type { Platform, VisibilityDelays } from './platform.ts';
import { QUEUES, WRAPUP_CODES } from './queue-directory.ts';
import { createParticipant, IllegalTransition } from './state-machine.ts';

/** Calls that the simulator knows how to play. */
export const CALL_KINDS = [
  'answered',
  'wrapped-up',
  'abandoned',
  'transferred',
  'in-progress',
  'after-call-work',
  'waiting',
] as const;
export type CallKind = (typeof CALL_KINDS)[number];

/** A call to place. Everything has a default. */
export interface CallScript {
  /** Default `answered`. */
  readonly kind?: CallKind;
  /** Instead of a kind: the steps after the customer has connected. */
  readonly steps?: readonly CallStep[];
  readonly media?: Media;
  readonly direction?: 'inbound' | 'outbound';
  readonly conversationId?: string;
  /** A telephone number as `tel:+...`, or the medium's own address. */
  readonly customerAddress?: string;
  readonly dialedAddress?: string;
  readonly customerName?: string;
  /** Attributes of the customer participant. */
  readonly attributes?: Readonly<Record<string, string>>;
  readonly queueId?: string;
  readonly userId?: string;
  /** `transferred`: where the caller goes to, and who answers there. */
  readonly secondQueueId?: string;
  readonly secondUserId?: string;
  readonly wrapupCode?: string;
  /** For this conversation, in place of the simulator's own. */
  readonly delays?: VisibilityDelays;
  /** Between two steps. Default 0. */
  readonly stepDelayMs?: number;
}

export interface PlacedCall {
  readonly conversationId: string;
  /** As it is after the last step. */
  readonly conversation: Conversation;
  readonly deliveries: readonly Delivery[];
}

/** Creates the conversation, plays its steps, and answers when the events of all of them are delivered. */
export async function placeCall(platform: Platform, script: CallScript = {}): Promise<PlacedCall> {
  const steps = script.steps ?? stepsOf(script);
  const { id: conversationId } = startCall(platform, script);
  const delivering = [raise(platform, conversationId, [customerStart(platform, conversationId)])];
  for (const step of steps) {
    const waitMs = step.waitMs ?? script.stepDelayMs ?? 0;
    if (waitMs > 0) await sleep(waitMs);
    delivering.push(advance(platform, conversationId, step));
  }
  const deliveries = (await Promise.all(delivering)).flat();
  return { conversationId, conversation: requireConversation(platform, conversationId), deliveries };
}

/** Makes one step of a conversation and delivers its events. Throws IllegalTransition at once when the step is not possible. */
export function advance(platform: Platform, conversationId: string, step: CallStep): Promise<Delivery[]> {
  const now = Date.now();
  const result = performStep(requireConversation(platform, conversationId), step, now);
  platform.conversations.mutate(conversationId, () => result.conversation, now);
  return raise(platform, conversationId, result.events);
}

function startCall(platform: Platform, script: CallScript): Conversation {
  const now = Date.now();
  const media = script.media ?? 'voice';
  const ani = script.customerAddress ?? (media === 'email' ? 'customer@example.com' : 'tel:+13175550100');
  const dnis = script.dialedAddress ?? (media === 'email' ? 'support@example.com' : 'tel:+18005550199');
  const customer = createParticipant(
    {
      purpose: 'customer',
      media,
      state: 'connected',
      direction: script.direction ?? 'inbound',
      address: ani,
      ani,
      dnis,
      name: script.customerName ?? 'Ada Example',
      ...(script.attributes && { attributes: script.attributes }),
    },
    now,
  );
  return platform.createConversation({ id: script.conversationId ?? randomUUID(), participants: [customer] }, script.delays);
}

function stepsOf(script: CallScript): readonly CallStep[] {
  const first = answer(script.queueId ?? QUEUES.support.id, script.userId ?? randomUUID());
  const second: CallStep[] = [
    { step: 'transfer-to-queue', queueId: script.secondQueueId ?? QUEUES.escalations.id },
    { step: 'alert-agent', userId: script.secondUserId ?? randomUUID() },
    { step: 'connect-agent' },
  ];
  const ivr: CallStep[] = [{ step: 'enter-ivr' }, { step: 'leave-ivr' }];
  const wrapUp: CallStep = { step: 'wrap-up', code: script.wrapupCode ?? WRAPUP_CODES.resolved.id };
  const hangUp: CallStep[] = [{ step: 'disconnect-agent' }, { step: 'customer-hangs-up' }, { step: 'end' }];
  const kinds: Readonly<Record<CallKind, () => CallStep[]>> = {
    waiting: () => [...ivr, ...first.slice(0, 1)],
    'in-progress': () => [...ivr, ...first],
    answered: () => [...ivr, ...first, ...hangUp],
    'after-call-work': () => [...ivr, ...first, { step: 'disconnect-agent' }],
    'wrapped-up': () => [...ivr, ...first, ...hangUp, wrapUp],
    abandoned: () => [...ivr, ...first.slice(0, 1), { step: 'customer-hangs-up' }, { step: 'end' }],
    transferred: () => [...ivr, ...first, ...second, ...hangUp],
  };
  const kind = script.kind ?? 'answered';
  if (!CALL_KINDS.includes(kind))
    throw new IllegalTransition(`a call is one of ${CALL_KINDS.join(', ')}; found ${JSON.stringify(kind)}`);
  return kinds[kind]();
}

function answer(queueId: string, userId: string): CallStep[] {
  return [{ step: 'enter-queue', queueId }, { step: 'alert-agent', userId }, { step: 'connect-agent' }];
}

function customerStart(platform: Platform, conversationId: string) {
  const [customer] = requireConversation(platform, conversationId).participants;
  return { kind: 'customer.start', participantId: customer?.id ?? '' } as const;
}

async function raise(
  platform: Platform,
  conversationId: string,
  events: ReturnType<typeof performStep>['events'],
): Promise<Delivery[]> {
  const conversation = requireConversation(platform, conversationId);
  const at = Date.now();
  const delivering = events.map((event) =>
    platform.events.raise({ kind: event.kind, conversation, participant: participantOf(conversation, event), at }),
  );
  return (await Promise.all(delivering)).flat();
}

function requireConversation(platform: Platform, conversationId: string): Conversation {
  const conversation = platform.conversations.find(conversationId);
  if (!conversation) throw new IllegalTransition(`there is no conversation ${conversationId}`);
  return conversation;
}
