/** Which participant an action is for. Every given field must hold. Values may hold `${...}` in a rule. */
export interface Target {
  readonly participantId?: string;
  readonly communicationId?: string;
  readonly userId?: string;
  /** Compared normalised: `tel:+1 317 555 0100` equals `+13175550100`. */
  readonly address?: string;
  readonly purpose?: string;
}

/**
 * The shape of each kind of action, by its name. A kind adds its own shape from its folder in `src/actions` (`declare module`).
 * So adding a kind changes nothing here, and the list is still closed for the compiler.
 */
// biome-ignore lint/suspicious/noEmptyInterface: the kinds fill it
export interface ActionShapes {}

export type ActionType = keyof ActionShapes;
export type Action = ActionShapes[ActionType];
