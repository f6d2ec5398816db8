import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CallStep, participantOf, performStep } from './call-step.ts';
import type { Conversation, Media, WrapupPrompt } from './conversation.ts';
import type { Delivery } from './event-sender.ts';
import type { Behaviour, Platform } from './platform.ts';
import { QUEUES, WRAPUP_CODES } from './queue-directory.ts';
import { createParticipant, IllegalTransition } from './state-machine.ts';

/** The kinds of calls that the simulator can play. */
export const CALL_KINDS = [
  'answered',
  'wrapped-up',
  'abandoned',
  'transferred',
  'in-progress',
  'ringing',
  'unanswered',
  'monitored',
  'consulted',
  'after-call-work',
  'timed-out',
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
  /** `transferred`: the destination of the caller, and who picks up there. */
  readonly secondQueueId?: string;
  readonly secondUserId?: string;
  readonly wrapupCode?: string;
  /** For this conversation, instead of the simulator's own setting. */
  readonly delays?: Behaviour;
  readonly wrapupPrompt?: WrapupPrompt;
  /** `monitored`, `consulted`: the supervisor or colleague. */
  readonly otherUserId?: string;
  /** The pause between two steps. Default: the real duration of the step before it, divided by the simulator's `speed`. */
  readonly stepDelayMs?: number;
}

export interface PlacedCall {
  readonly conversationId: string;
  /** The conversation after the last step. */
  readonly conversation: Conversation;
  readonly deliveries: readonly Delivery[];
}

/** Creates the conversation, plays its steps, and resolves when the events of all steps are delivered. */
export async function placeCall(platform: Platform, script: CallScript = {}): Promise<PlacedCall> {
  const steps = script.steps ?? stepsOf(script);
  const { id: conversationId } = startCall(platform, script);
  const delivering = [raise(platform, conversationId, [customerStart(platform, conversationId)])];
  for (const step of steps) {
    const waitMs = step.waitMs ?? script.stepDelayMs ?? lifeMs(step, platform.options.speed);
    if (waitMs > 0) await sleep(waitMs);
    delivering.push(advance(platform, conversationId, step));
  }
  const deliveries = (await Promise.all(delivering)).flat();
  return { conversationId, conversation: requireConversation(platform, conversationId), deliveries };
}

function lifeMs({ lastedMs = 0 }: CallStep, speed: number | null): number {
  return speed === null ? 0 : lastedMs / speed;
}

/** Makes one step of a conversation and delivers its events. Throws IllegalTransition at once when the step is not possible. */
export function advance(platform: Platform, conversationId: string, step: CallStep): Promise<Delivery[]> {
  const now = Date.now();
  const result = performStep(requireConversation(platform, conversationId), step, now);
  platform.conversations.mutate(conversationId, () => result.conversation, now);
  return raise(platform, conversationId, result.events, step.lastedMs);
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

/** Typical durations in a contact centre. */
const LASTS = { ivr: 20_000, waiting: 25_000, ringing: 6_000, talking: 180_000, afterCallWork: 15_000 } as const;

function stepsOf(script: CallScript): readonly CallStep[] {
  const first = answer(script.queueId ?? QUEUES.support.id, script.userId ?? randomUUID(), script.wrapupPrompt);
  const other = script.otherUserId ?? randomUUID();
  const second: CallStep[] = [
    { step: 'transfer-to-queue', queueId: script.secondQueueId ?? QUEUES.escalations.id, lastedMs: LASTS.talking },
    { step: 'alert-agent', userId: script.secondUserId ?? randomUUID(), lastedMs: LASTS.waiting },
    { step: 'connect-agent', lastedMs: LASTS.ringing },
  ];
  const ivr: CallStep[] = [{ step: 'enter-ivr' }, { step: 'leave-ivr', lastedMs: LASTS.ivr }];
  const wrapUp: CallStep = {
    step: 'wrap-up',
    code: script.wrapupCode ?? WRAPUP_CODES.resolved.id,
    lastedMs: LASTS.afterCallWork,
  };
  const agentLeaves: CallStep = { step: 'disconnect-agent', lastedMs: LASTS.talking };
  const hangUp: CallStep[] = [agentLeaves, { step: 'customer-hangs-up' }, { step: 'end' }];
  const waiting = first.slice(0, 1);
  const ringing = first.slice(0, 2);
  const giveUp: CallStep[] = [{ step: 'customer-hangs-up', lastedMs: LASTS.waiting }, { step: 'end' }];
  const kinds: Readonly<Record<CallKind, () => CallStep[]>> = {
    waiting: () => [...ivr, ...waiting],
    ringing: () => [...ivr, ...ringing],
    unanswered: () => [...ivr, ...ringing, { step: 'stop-alerting', lastedMs: LASTS.ringing }],
    'in-progress': () => [...ivr, ...first],
    monitored: () => [...ivr, ...first, { step: 'monitor', userId: other }],
    consulted: () => [...ivr, ...first, { step: 'consult', userId: other }],
    answered: () => [...ivr, ...first, ...hangUp],
    'after-call-work': () => [...ivr, ...first, agentLeaves],
    'wrapped-up': () => [...ivr, ...first, ...hangUp, wrapUp],
    'timed-out': () => [...ivr, ...first, ...hangUp, { step: 'time-out-after-call-work', lastedMs: LASTS.afterCallWork }],
    abandoned: () => [...ivr, ...waiting, ...giveUp],
    transferred: () => [...ivr, ...first, ...second, ...hangUp],
  };
  const kind = script.kind ?? 'answered';
  if (!CALL_KINDS.includes(kind))
    throw new IllegalTransition(`a call is one of ${CALL_KINDS.join(', ')}; found ${JSON.stringify(kind)}`);
  return kinds[kind]();
}

function answer(queueId: string, userId: string, wrapupPrompt: WrapupPrompt = 'mandatory'): CallStep[] {
  return [
    { step: 'enter-queue', queueId },
    { step: 'alert-agent', userId, wrapupPrompt, lastedMs: LASTS.waiting },
    { step: 'connect-agent', lastedMs: LASTS.ringing },
  ];
}

function customerStart(platform: Platform, conversationId: string) {
  const [customer] = requireConversation(platform, conversationId).participants;
  return { kind: 'customer.start', participantId: customer?.id ?? '' } as const;
}

async function raise(
  platform: Platform,
  conversationId: string,
  events: ReturnType<typeof performStep>['events'],
  lastedMs?: number,
): Promise<Delivery[]> {
  const conversation = requireConversation(platform, conversationId);
  const at = Date.now();
  const delivering = events.map((event) =>
    platform.events.raise({ kind: event.kind, conversation, participant: participantOf(conversation, event), at, lastedMs }),
  );
  return (await Promise.all(delivering)).flat();
}

function requireConversation(platform: Platform, conversationId: string): Conversation {
  const conversation = platform.conversations.find(conversationId);
  if (!conversation) throw new IllegalTransition(`there is no conversation ${conversationId}`);
  return conversation;
}
