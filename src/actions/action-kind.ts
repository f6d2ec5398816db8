import type { Action, ActionType } from '../domain/action.ts';
import type { ConversationEvent } from '../domain/conversation-event.ts';
import type { Participant } from '../genesys/genesys-client.ts';
import type { ParticipantSelector } from '../genesys/resolve-participant.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { ActionSyntax } from '../rules/action-syntax.ts';
import type { LiveConversation } from './live-conversation.ts';
import type { OwnWrites } from './own-writes.ts';
import type { Plan } from './plan.ts';
import type { Step } from './step.ts';

/**
 * Everything about one kind of action. Each kind has a folder, and `registry.ts` lists them. The code that runs actions, reads
 * rules and commands, or shows dead letters gets the list as a parameter and knows no kind by name.
 */
export interface ActionKind<A extends Action = Action> extends ActionSyntax<A> {
  readonly order: ActionOrder;
  /** The action as people see it in a dead letter: names and ids, no values. */
  mask(action: A): A;
  /** The default target, used when neither the rule nor the command names one. */
  defaultSelector(event: ConversationEvent): ParticipantSelector;
  /**
   * What an event reports as set, by name, if it reports what this kind writes; else `null`. An event that reports only our own
   * write is no reason to write again.
   */
  reportedBy(event: ConversationEvent): Readonly<Record<string, unknown>> | null;
  /** What a participant shows of the things that this kind writes, by the names of {@link Write.proof}. */
  shownBy(participant: Participant): readonly (readonly [name: string, value: unknown])[];
  /** Opens the stores that this kind needs. */
  open(resources: ActionResources): ActionPerformer<A>;
}

/**
 * The order of an action among the others of a batch:
 * - `merge`: planned and written together with the actions of its kind that directly follow
 * - `in-turn`: planned alone, after everything before it was written
 * - `barrier`: planned alone, after everything before it was seen; nothing after it begins until it is seen itself
 */
export type ActionOrder = 'merge' | 'in-turn' | 'barrier';

export interface ActionPerformer<A extends Action = Action> {
  /**
   * Plans the writes that make the steps hold, on the conversation as last fetched. Gets one step, or for `merge` consecutive
   * steps in order.
   */
  plan(steps: readonly Step<A>[], live: LiveConversation): Promise<Plan>;
}

/** What the kinds of a process share. */
export interface ActionResources {
  readonly redis: RedisConnection;
  readonly prefix: string;
  /** How long after its last try a step may come back, because somebody retries its dead letter. */
  readonly retrySeconds: number;
  readonly ownWrites: OwnWrites;
  now(): number;
}

/** Every kind by its type; the one list is `ACTIONS` in `registry.ts`. */
export type ActionKinds = Readonly<Record<ActionType, ActionKind>>;
