export interface ApplyWrapup {
  readonly type: 'applyWrapup';
  /** Id or name of the wrap-up code. */
  readonly code: string;
  /** The fields that an expression of the rule rendered: a value of an event, which no detail shows. */
  readonly rendered?: readonly string[];
  readonly notes?: string;
  readonly tags?: readonly string[];
  /** How long the after-call work took. */
  readonly durationSeconds?: number;
  /** Whether a different code that is already set is replaced. */
  readonly overwrite: boolean;
  /** Whether the code must be among those that Genesys lists for the participant. */
  readonly validateCode: boolean;
}

declare module '../../domain/action.ts' {
  interface ActionShapes {
    readonly applyWrapup: ApplyWrapup;
  }
}
