import type { Action, ActionType, Target } from '../domain/action.ts';
import type { ConversationEvent } from '../domain/conversation-event.ts';
import type { OutcomeKind, OutcomeReason } from '../domain/outcome.ts';
import type { Conversation, Participant } from '../genesys/genesys-client.ts';
import {
  type EventParties,
  type IdentifiedParticipant,
  type ParticipantSelector,
  type Resolution,
  resolveParticipant,
} from '../genesys/resolve-participant.ts';

/** A part of an entry that ends with an outcome of its own. */
export interface Task {
  /** Unique within the entry, and the same at every try: `rule-name/0`. */
  readonly key: string;
  /** `null` for a command. */
  readonly rule: string | null;
  /** `null`: none, the conversation is only looked at. */
  readonly action: ActionType | null;
  /** Planned and reported, never written. */
  readonly isShadow: boolean;
}

/** One action of one entry, still to be done. */
export interface Step<A extends Action = Action> extends Task {
  readonly action: A['type'];
  /** Id of the entry; with {@link key} it names this step forever. */
  readonly entryId: string;
  /** The default target, when the rule or command names none. */
  readonly defaultSelector: ParticipantSelector;
  /** Checked before the step is planned. `null`: there is no condition. */
  readonly gate: Gate | null;
  /** Whether its target, values or condition depend on the conversation, beyond the participant that they name. */
  readsConversation(): boolean;
  /** `null`: no target given. @throws RenderError */
  target(conversation: Conversation): Target | null;
  /** @throws RenderError */
  render(conversation: Conversation, participant: Participant): A;
}

/** The `onlyIf` of a rule for one entry. All steps of the entry share it, and so its first result. */
export interface Gate {
  /** Why the steps are not to be done; `null` when they are. */
  closedBecause(step: Step, conversation: Conversation): string | null;
}

/** The event's own participant. */
export function eventSelector(event: ConversationEvent): ParticipantSelector {
  return { kind: 'event', own: partiesOf(event) };
}

/** The agent who has the caller; the event's own participant if it is an agent. */
export function agentSelector(event: ConversationEvent): ParticipantSelector {
  return { kind: 'agent', own: partiesOf(event) };
}

function partiesOf({ participantId, communicationId, userId, address }: ConversationEvent): EventParties {
  return { participantId, communicationId, userId, address };
}

/** How a step ended, before the names of rule and action are added. */
export interface Ending {
  readonly kind: OutcomeKind;
  readonly reason: OutcomeReason;
  readonly detail: string;
  readonly participantId: string | null;
}

export function ending(kind: OutcomeKind, reason: OutcomeReason, detail: string, participantId: string | null = null): Ending {
  return { kind, reason, detail, participantId };
}

/** The step can't be done, now or later: a dead letter. */
export class StepRefused extends Error {
  override readonly name = 'StepRefused';
  readonly reason: OutcomeReason;
  readonly participantId: string | null;

  constructor(reason: OutcomeReason, detail: string, participantId: string | null = null) {
    super(detail);
    this.reason = reason;
    this.participantId = participantId;
  }
}

/** The conversation is not in a state that allows the step yet: the step is tried again later. */
export class NotReadyYet extends Error {
  override readonly name = 'NotReadyYet';
  readonly participantId: string | null;

  constructor(detail: string, participantId: string | null = null) {
    super(detail);
    this.participantId = participantId;
  }
}

/**
 * The phone of the target agent rings and nobody has picked up yet. The step is tried again soon, which costs no attempt for a
 * while.
 */
export class StillRinging extends NotReadyYet {}

/** Returns the target, or without one the kind's default. @throws RenderError when the target can't be rendered */
export function findParticipant(step: Step, conversation: Conversation): Resolution {
  const target = step.target(conversation);
  const { defaultSelector } = step;
  return resolveParticipant(
    conversation,
    target === null ? defaultSelector : { kind: 'target', target, own: defaultSelector.own },
  );
}

/** @throws RenderError, StepRefused when there is none, or several */
export function requireParticipant(step: Step, conversation: Conversation): IdentifiedParticipant {
  const resolution = findParticipant(step, conversation);
  if (resolution.found) return resolution.participant;
  throw new StepRefused(resolution.reason, resolution.detail);
}
