import type { z } from 'zod';
import type { Action, ActionType } from '../domain/action.ts';
import type { RenderScope, TextFields } from './text-fields.ts';

/** An action of a rule or a command as it was read, with its texts compiled. @throws RenderError */
export type Render<A> = (scope: RenderScope) => A;

/** How a kind of action is written in rules and commands. */
export interface ActionSyntax<A extends Action = Action> {
  readonly type: A['type'];
  /** Numbers and booleans in its map mean the text as written: `00123` and `1.50`, not 123 and 1.5. */
  readonly scalarsAsWritten: boolean;
  /** Its fields, and the checks when they are read. */
  schema(fields: TextFields): z.ZodType<Render<A>>;
}

/** Every kind of action. The list is `ACTIONS` in `src/actions/registry.ts`; code that reads rules gets it as a parameter. */
export type ActionSyntaxes = { readonly [T in ActionType]: ActionSyntax };

/** One action of a rule or a command, of any kind. */
export interface CompiledAction {
  readonly type: ActionType;
  readonly render: Render<Action>;
}
