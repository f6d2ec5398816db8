import {
  activeParticipant,
  type Conversation,
  communicationsOf,
  currentCommunication,
  findParticipant,
  hasCaller,
  isSupervising,
  type Media,
  type Participant,
  type WrapupPrompt,
} from './conversation.ts';
import type { DetailEventKind } from './detail-event.ts';
import * as machine from './state-machine.ts';
import { IllegalTransition } from './state-machine.ts';
import { planTransfer } from './transfer-move.ts';

/** One thing that happens to a conversation without an API client. */
export interface CallStep {
  readonly step: StepName;
  /** `enter-queue`, `transfer-to-queue`: the queue. `alert-agent`: default is the queue in which the caller waits. */
  readonly queueId?: string;
  /** `alert-agent`, `monitor`, `coach`, `barge`, `consult`: the user. */
  readonly userId?: string;
  /** `alert-agent`: how the agent will be asked for a code. Default `mandatory`. */
  readonly wrapupPrompt?: WrapupPrompt;
  /** `monitor`, `coach`, `barge`: the purpose of the supervisor's participant, which Genesys does not publish. Default `user`. */
  readonly purpose?: 'user' | 'agent';
  /** `transfer-fails`: the state that the pending transfer gets. Default `Failed`. */
  readonly transferState?: 'Failed' | 'Canceled' | 'Timeout';
  /** `wrap-up`: the code that the agent chooses. */
  readonly code?: string;
  readonly notes?: string;
  /** `disconnect-agent`: `unknown` when after-call work begins only with `begin-after-call-work`. Default `pending`. */
  readonly afterCallWork?: 'pending' | 'unknown';
  /** The wait before the step. */
  readonly waitMs?: number;
  /**
   * How long the state that the step ends has lasted in reality (ringing, talking, waiting, after-call work): the durations in
   * its events.
   */
  readonly lastedMs?: number;
}

/** The participants that raised an event, by id, in the conversation after the step. */
interface StepEvent {
  readonly kind: DetailEventKind;
  readonly participantId: string;
}

export interface StepResult {
  readonly conversation: Conversation;
  readonly events: readonly StepEvent[];
}

type Perform = (conversation: Conversation, step: CallStep, at: number) => StepResult;

/** Every step, with its change and the events that Genesys raises for it. An impossible step throws IllegalTransition. */
const STEPS = {
  'enter-ivr': (conversation, _step, at) =>
    joined(machine.join(conversation, inherit(conversation, { purpose: 'ivr', state: 'connected' }), at), 'flow.start'),
  'leave-ivr': (conversation, _step, at) =>
    left(conversation, requireActive(conversation, 'ivr'), 'flow.end', { disconnectType: 'transfer' }, at),
  'enter-queue': (conversation, { queueId }, at) => {
    if (queueId === undefined) throw new IllegalTransition('enter-queue needs a queueId');
    return joined(
      machine.join(conversation, inherit(conversation, { purpose: 'acd', state: 'connected', queueId }), at),
      'acd.start',
    );
  },
  'alert-agent': alertAgent,
  'connect-agent': connectAgent,
  /** The agent declines, or does not pick up in time: the leg rang and was never connected. */
  'stop-alerting': (conversation, _step, at) =>
    left(conversation, requireActive(conversation, 'agent'), 'user.end', { disconnectType: 'client' }, at),
  'disconnect-agent': (conversation, { afterCallWork = 'pending' }, at) =>
    left(conversation, requireActive(conversation, 'agent'), 'user.end', { disconnectType: 'client', afterCallWork }, at),
  'park-agent': (conversation, _step, at) => ({
    conversation: machine.park(conversation, requireActive(conversation, 'agent').id, at),
    events: [],
  }),
  'resume-agent': (conversation) => ({
    conversation: machine.resume(conversation, requireActive(conversation, 'agent').id),
    events: [],
  }),
  monitor: (conversation, step, at) => supervise(conversation, step, 'monitor', 'monitoredParticipantId', at),
  coach: (conversation, step, at) => supervise(conversation, step, 'coach', 'coachedParticipantId', at),
  barge: (conversation, step, at) => supervise(conversation, step, 'barge', 'bargedParticipantId', at),
  'stop-supervising': (conversation, _step, at) =>
    left(conversation, requireThat(conversation, isSupervising, 'supervisor'), 'user.end', { disconnectType: 'client' }, at),
  consult: startConsult,
  'end-consult': (conversation, _step, at) =>
    left(conversation, requireThat(conversation, isConsulted, 'consulted agent'), 'user.end', { disconnectType: 'client' }, at),
  'transfer-to-queue': transferToQueue,
  'accept-transfer': acceptTransfer,
  'transfer-fails': (conversation, { transferState = 'Failed' }) => ({
    conversation: machine.settleTransfer(conversation, pendingTransfer(conversation).id, transferState),
    events: [],
  }),
  'begin-after-call-work': (conversation, _step, at) => ({
    conversation: machine.beginAfterCallWork(conversation, lastAgent(conversation).id, at),
    events: [],
  }),
  'wrap-up': wrapUp,
  'skip-after-call-work': (conversation, _step, at) => {
    const { id } = lastAgent(conversation);
    return {
      conversation: machine.finishAfterCallWork(conversation, id, 'skipped', at),
      events: [{ kind: 'acw', participantId: id }],
    };
  },
  /** Nobody chose a code in time: Genesys sets one of its own. */
  'time-out-after-call-work': (conversation, _step, at) => {
    const { id } = lastAgent(conversation);
    const wrapup = { code: TIMEOUT_CODE, name: TIMEOUT_CODE };
    return { conversation: machine.applyWrapup(conversation, id, wrapup, at), events: [{ kind: 'acw', participantId: id }] };
  },
  'customer-hangs-up': (conversation, _step, at) =>
    left(conversation, requireActive(conversation, 'customer'), 'customer.end', { disconnectType: 'peer' }, at),
  end: endConversation,
} as const satisfies Record<string, Perform>;

export type StepName = keyof typeof STEPS;
export const STEP_NAMES = Object.keys(STEPS) as readonly StepName[];

export function performStep(conversation: Conversation, step: CallStep, at: number): StepResult {
  const perform: Perform | undefined = STEPS[step.step];
  if (!perform) throw new IllegalTransition(`a step is one of ${STEP_NAMES.join(', ')}; found ${JSON.stringify(step.step)}`);
  if (conversation.endTime !== undefined && !AFTER_THE_END.has(step.step)) {
    throw new IllegalTransition(`${step.step}: conversation ${conversation.id} has ended`);
  }
  return perform(conversation, step, at);
}

const AFTER_THE_END: ReadonlySet<StepName> = new Set([
  'begin-after-call-work',
  'wrap-up',
  'skip-after-call-work',
  'time-out-after-call-work',
]);

const TIMEOUT_CODE = 'ININ-WRAP-UP-TIMEOUT';

/**
 * The desktop of an agent of the queue rings. The agent's session begins, and with it `user.start`, whether the agent picks up or
 * not.
 */
function alertAgent(
  conversation: Conversation,
  { userId, queueId, wrapupPrompt = 'mandatory' }: CallStep,
  at: number,
): StepResult {
  if (userId === undefined) throw new IllegalTransition('alert-agent needs a userId');
  const queue = queueId ?? activeParticipant(conversation, 'acd')?.queueId;
  const agent = {
    purpose: 'agent',
    state: 'alerting',
    userId,
    wrapupRequired: wrapupPrompt !== 'agentRequested',
    wrapupPrompt,
    ...(queue !== undefined && { queueId: queue }),
  } as const;
  return joined(machine.join(conversation, inherit(conversation, agent), at), 'user.start');
}

/** The agent picks up and the caller leaves the queue: only the event `acd.end` with TRANSFER reports this. */
function connectAgent(conversation: Conversation, _step: CallStep, at: number): StepResult {
  const agent = requireActive(conversation, 'agent');
  const connected = machine.connect(conversation, agent.id, at);
  const acd = activeParticipant(conversation, 'acd');
  return acd === null
    ? { conversation: connected, events: [] }
    : left(connected, acd, 'acd.end', { disconnectType: 'transfer' }, at);
}

/** A supervisor joins without a queue, and has no after-call work. */
function supervise(
  conversation: Conversation,
  { userId, purpose = 'user' }: CallStep,
  role: string,
  field: 'monitoredParticipantId' | 'coachedParticipantId' | 'bargedParticipantId',
  at: number,
): StepResult {
  if (userId === undefined) throw new IllegalTransition(`${role} needs a userId`);
  const agent = requireActive(conversation, 'agent');
  const supervisor = { purpose, state: 'connected', userId, mediaRoles: [role], [field]: agent.id } as const;
  return joined(machine.join(conversation, inherit(conversation, supervisor), at), 'user.start');
}

/** The agent consults a colleague about the caller, who waits meanwhile. */
function startConsult(conversation: Conversation, { userId }: CallStep, at: number): StepResult {
  if (userId === undefined) throw new IllegalTransition('consult needs a userId');
  requireActive(conversation, 'agent');
  const { id: consultParticipantId } = requireActive(conversation, 'customer');
  const colleague = { purpose: 'agent', state: 'connected', userId, consultParticipantId } as const;
  return joined(machine.join(conversation, inherit(conversation, colleague), at), 'user.start');
}

function isConsulted({ consultParticipantId, endTime }: Participant): boolean {
  return consultParticipantId !== undefined && endTime === undefined;
}

/** The connected agent transfers the caller to another queue. */
function transferToQueue(conversation: Conversation, { queueId }: CallStep, at: number): StepResult {
  if (queueId === undefined) throw new IllegalTransition('transfer-to-queue needs a queueId');
  const agent = requireActive(conversation, 'agent');
  const move = planTransfer(agent, { destination: { queueId }, transferType: 'Unattended' }, 'Complete', at);
  return {
    conversation: machine.transfer(conversation, agent.id, move, at),
    events: [
      { kind: 'user.end', participantId: agent.id },
      { kind: 'acd.start', participantId: move.successor?.id ?? '' },
    ],
  };
}

/** The recipient of an attended transfer takes the caller, and the transferring agent leaves. */
function acceptTransfer(conversation: Conversation, _step: CallStep, at: number): StepResult {
  const pending = pendingTransfer(conversation);
  const isInitiator = (participant: Participant) => participant.userId === pending.initiator.userId && hasCaller(participant);
  const initiator = requireThat(conversation, isInitiator, 'initiator');
  const recipient = conversation.participants.at(-1);
  const answered =
    recipient && currentCommunication(recipient)?.state !== 'connected'
      ? machine.connect(conversation, recipient.id, at)
      : conversation;
  const settled = machine.settleTransfer(answered, pending.id, 'Complete');
  return left(settled, initiator, 'user.end', { disconnectType: 'transfer' }, at);
}

function pendingTransfer({ id, recentTransfers = [] }: Conversation) {
  const pending = recentTransfers.findLast(({ state }) => state === 'Pending' || state === 'Active');
  if (!pending) throw new IllegalTransition(`conversation ${id} has no pending transfer`);
  return pending;
}

/** The agent chooses a code: both events that end after-call work are raised. */
function wrapUp(conversation: Conversation, { code, notes }: CallStep, at: number): StepResult {
  if (code === undefined) throw new IllegalTransition('wrap-up needs a code');
  const { id } = lastAgent(conversation);
  const wrapped = machine.applyWrapup(conversation, id, { code, ...(notes !== undefined && { notes }) }, at);
  return {
    conversation: wrapped,
    events: [
      { kind: 'wrapup', participantId: id },
      { kind: 'acw', participantId: id },
    ],
  };
}

/** Every remaining participant leaves, each with an event. */
function endConversation(conversation: Conversation, _step: CallStep, at: number): StepResult {
  const events = conversation.participants
    .filter((participant) => participant.endTime === undefined && isTalking(participant))
    .flatMap(({ id, purpose }) => (END_EVENTS[purpose] ? [{ kind: END_EVENTS[purpose], participantId: id }] : []));
  return { conversation: machine.end(conversation, at), events };
}

const END_EVENTS: Readonly<Record<string, DetailEventKind>> = {
  customer: 'customer.end',
  agent: 'user.end',
  acd: 'acd.end',
  ivr: 'flow.end',
};

function isTalking(participant: Participant): boolean {
  return currentCommunication(participant)?.state === 'connected';
}

function joined(conversation: Conversation, kind: DetailEventKind): StepResult {
  const newcomer = conversation.participants.at(-1);
  return { conversation, events: newcomer ? [{ kind, participantId: newcomer.id }] : [] };
}

function left(
  conversation: Conversation,
  participant: Participant,
  kind: DetailEventKind,
  how: machine.Disconnection,
  at: number,
): StepResult {
  return {
    conversation: machine.disconnect(conversation, participant.id, how, at),
    events: [{ kind, participantId: participant.id }],
  };
}

/** A new participant on the customer's medium, with the customer's numbers. */
function inherit(conversation: Conversation, own: Omit<machine.NewParticipant, 'media' | 'direction'>): machine.NewParticipant {
  const customer = conversation.participants.find(({ purpose }) => purpose === 'customer');
  const media: Media = customer ? communicationsOf(customer).media : 'voice';
  const direction = (customer && currentCommunication(customer)?.direction) ?? 'inbound';
  return {
    media,
    direction,
    ...(customer?.ani && { ani: customer.ani }),
    ...(customer?.dnis && { dnis: customer.dnis }),
    ...own,
  };
}

function requireActive(conversation: Conversation, purpose: string): Participant {
  const participant = activeParticipant(conversation, purpose);
  if (!participant) throw new IllegalTransition(`conversation ${conversation.id} has no active ${purpose}`);
  return participant;
}

function requireThat(conversation: Conversation, is: (participant: Participant) => boolean, what: string): Participant {
  const participant = conversation.participants.findLast((each) => each.endTime === undefined && is(each));
  if (!participant) throw new IllegalTransition(`conversation ${conversation.id} has no ${what}`);
  return participant;
}

function lastAgent(conversation: Conversation): Participant {
  const agent = conversation.participants.findLast((each) => each.purpose === 'agent' && !isSupervising(each));
  if (!agent) throw new IllegalTransition(`conversation ${conversation.id} has no agent`);
  return agent;
}

/** The participant that a step's event is about. */
export function participantOf(conversation: Conversation, event: StepEvent): Participant {
  const participant = findParticipant(conversation, event.participantId);
  if (!participant) throw new IllegalTransition(`conversation ${conversation.id} has no participant ${event.participantId}`);
  return participant;
}
