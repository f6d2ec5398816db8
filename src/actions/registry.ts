import type { Action, ActionShapes, ActionType } from '../domain/action.ts';
import type { ActionKind, ActionKinds, ActionPerformer, ActionResources } from './action-kind.ts';
import { applyWrapup } from './apply-wrapup/kind.ts';
import { setAttributes } from './set-attributes/kind.ts';
import { transfer } from './transfer/kind.ts';

/** Every kind of action, in the order in which messages name them. The compiler refuses a shape without its kind. */
export const ACTIONS = {
  setAttributes,
  applyWrapup,
  transfer,
} satisfies { [T in ActionType]: ActionKind<ActionShapes[T]> };

/** Redis may hold a kind that this release does not have, or a damaged action. Only the type of such an action is shown. */
export function createActionMask(kinds: ActionKinds): (action: Action) => Action {
  return (action) => {
    const typeOnly = { type: action.type } as Action;
    if (!Object.hasOwn(kinds, action.type)) return typeOnly;
    try {
      return kinds[action.type].mask(action);
    } catch {
      return typeOnly;
    }
  };
}

/** A kind with its stores open. */
export interface OpenedAction {
  readonly kind: ActionKind;
  readonly performer: ActionPerformer;
}

/** By type: Redis may hold a type that is not among them. */
export type OpenedActions = ReadonlyMap<ActionType, OpenedAction>;

export function openActions(kinds: ActionKinds, resources: ActionResources): OpenedActions {
  return new Map(Object.values(kinds).map((kind) => [kind.type, { kind, performer: kind.open(resources) }]));
}
