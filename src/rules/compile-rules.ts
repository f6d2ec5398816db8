import type { Target } from '../domain/action.ts';
import type { CompiledAction, Render } from './action-syntax.ts';
import { type Expression, ExpressionError } from './expression.ts';
import { createRuleMatcher, type MatchableRule, type RuleLogger } from './rule-matcher.ts';
import type { RenderContext, Rule, RuleSet } from './rule-set.ts';
import type { RenderScope } from './text-fields.ts';

/** A rule as the schema returns it: checked, with its defaults, its expressions compiled. */
export interface RuleSource {
  readonly name: string;
  readonly when: { readonly topic: string | readonly string[]; readonly if?: Expression | undefined; readonly maxAge: number };
  readonly onlyIf?: Expression | undefined;
  readonly mode: 'live' | 'shadow';
  readonly target?: Render<Target> | undefined;
  readonly actions: readonly CompiledAction[];
}

/** @param logger gets one warning for each rule whose condition cannot be evaluated */
export function compileRules(sources: readonly RuleSource[], logger: RuleLogger): RuleSet {
  return {
    rules: new Map(sources.map((source) => [source.name, toRule(source)])),
    candidates: createRuleMatcher(sources.map(toMatchable), logger),
  };
}

function toMatchable({ name, when }: RuleSource): MatchableRule {
  return {
    name,
    topics: typeof when.topic === 'string' ? [when.topic] : when.topic,
    condition: when.if ?? null,
  };
}

function toRule({ name, when, onlyIf, mode, target, actions }: RuleSource): Rule {
  const scopeOf = (context: RenderContext): RenderScope => ({ rule: name, variables: { ...context, rule: { name } } });
  return {
    name,
    maxAgeMs: when.maxAge,
    isShadow: mode === 'shadow',
    judgeOnlyIf: onlyIf === undefined ? null : (context) => whyNot(onlyIf, context),
    actions: actions.map(({ type, render }) => ({ type, render: (context) => render(scopeOf(context)) })),
    renderTarget: (context) => target?.(scopeOf(context)) ?? null,
  };
}

/** Without a participant, `participant` is an empty map, so that `has` and `.?` work. */
function whyNot(onlyIf: Expression, { event, trace, conversation, participant = {} }: RenderContext): string | null {
  try {
    const value = onlyIf.evaluate({ event, trace, conversation, participant });
    if (value === true) return null;
    return value === false ? 'onlyIf is false' : 'onlyIf is not a bool, which counts as false';
  } catch (error) {
    if (error instanceof ExpressionError) return `onlyIf cannot be evaluated and counts as false: ${error.message}`;
    throw error;
  }
}
