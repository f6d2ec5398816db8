import type { Action } from '../domain/action.ts';
import type { ConversationEvent } from '../domain/conversation-event.ts';
import type { ParticipantSelector } from '../genesys/resolve-participant.ts';
import type { ActionSyntax } from '../rules/action-syntax.ts';

/**
 * Everything about one kind of action. Each kind has a folder, and `registry.ts` lists them; what runs actions, reads rules
 * and commands, or shows dead letters is given the list and knows no kind by name.
 */
export interface ActionKind<A extends Action = Action> extends ActionSyntax<A> {
  readonly order: ActionOrder;
  /** The action as people see it in a dead letter: names and ids, no values. */
  mask(action: A): A;
  /** Who is meant where neither the rule nor the command names a target. */
  defaultSelector(event: ConversationEvent): ParticipantSelector;
}

/**
 * How an action stands among the others of a batch:
 * - `merge`: joined with those of its kind that follow directly, and written with them
 * - `in-turn`: written alone, after all that is before it was written
 * - `barrier`: written alone, after all that is before it was confirmed; nothing after it is begun until it is confirmed
 */
export type ActionOrder = 'merge' | 'in-turn' | 'barrier';

/** Every kind by its type. */
export type ActionKinds = Readonly<Record<Action['type'], ActionKind>>;
