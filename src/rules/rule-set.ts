import type { Action, ActionType, Target } from '../domain/action.ts';
import type { ConversationEvent } from '../domain/conversation-event.ts';
import type { TraceContext } from '../domain/trace-context.ts';
import type { Candidate } from './rule-matcher.ts';

/** The variables that `${...}` may read. `participant` is missing while the target itself is rendered. */
export interface RenderContext {
  readonly event: ConversationEvent;
  readonly trace: TraceContext;
  readonly conversation: Readonly<Record<string, unknown>>;
  readonly participant?: Readonly<Record<string, unknown>>;
}

/** An expression that fails, or a target field that is `null`: names rule, expression and reason. */
export class RenderError extends Error {
  override readonly name = 'RenderError';
  readonly rule: string;
  readonly expression: string;

  constructor(rule: string, expression: string, reason: string) {
    super(`rule "${rule}": \${${expression}}: ${reason}`);
    this.rule = rule;
    this.expression = expression;
  }
}

export interface ActionTemplate {
  readonly type: ActionType;
  /** @throws RenderError */
  render(context: RenderContext): Action;
}

export interface Rule {
  readonly name: string;
  readonly maxAgeMs: number;
  /** Planned and reported, never written. */
  readonly isShadow: boolean;
  readonly actions: readonly ActionTemplate[];
  /**
   * Returns why `onlyIf` does not hold, in a sentence for people; `null` when it holds. A condition that cannot be evaluated does
   * not hold. `null` in place of the function: the rule has no `onlyIf`.
   */
  readonly judgeOnlyIf: ((context: RenderContext) => string | null) | null;
  /** `null` when the rule has no target. @throws RenderError */
  renderTarget(context: RenderContext): Target | null;
}

/** The rules in force. */
export interface RuleSet {
  readonly rules: ReadonlyMap<string, Rule>;
  /** The rules whose topic fits, in file order. `maxAge` does not affect the result. */
  candidates(topic: string): readonly Candidate[];
}
