import type { Target } from '../domain/action.ts';
import type { CompiledAction, Render } from './action-syntax.ts';
import type { Expression } from './expression.ts';
import { createRuleMatcher, type MatchableRule, type RuleLogger } from './rule-matcher.ts';
import type { RenderContext, Rule, RuleSet } from './rule-set.ts';
import type { RenderScope } from './text-fields.ts';

/** A rule as the schema leaves it: checked, with its defaults, its expressions compiled. */
export interface RuleSource {
  readonly name: string;
  readonly when: { readonly topic: string | readonly string[]; readonly if?: Expression | undefined; readonly maxAge: number };
  readonly target?: Render<Target> | undefined;
  readonly actions: readonly CompiledAction[];
}

/** @param logger gets one warning a rule when its condition cannot be evaluated */
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

function toRule({ name, when, target, actions }: RuleSource): Rule {
  const scopeOf = (context: RenderContext): RenderScope => ({ rule: name, variables: { ...context, rule: { name } } });
  return {
    name,
    maxAgeMs: when.maxAge,
    actions: actions.map(({ type, render }) => ({ type, render: (context) => render(scopeOf(context)) })),
    renderTarget: (context) => target?.(scopeOf(context)) ?? null,
  };
}
