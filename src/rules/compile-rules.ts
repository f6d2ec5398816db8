import type { Action, Target, TransferType } from '../domain/action.ts';
import type { ConversationEvent } from '../domain/conversation-event.ts';
import type { ActionSource, TargetSource } from './action-schema.ts';
import { compileExpression, type Expression, type Scope } from './expression.ts';
import { createRuleMatcher, type MatchableRule, type RuleLogger } from './rule-matcher.ts';
import { type ActionTemplate, type RenderContext, RenderError, type Rule, type RuleSet } from './rule-set.ts';
import { compileTemplate, type Template } from './template.ts';

/** A rule as the schema leaves it: checked, with its defaults, not yet compiled. */
export interface RuleSource {
  readonly name: string;
  readonly when: { readonly topic: string | readonly string[]; readonly if?: string | undefined; readonly maxAge: number };
  readonly target?: TargetSource | undefined;
  readonly actions: readonly ActionSource[];
}

/**
 * @param logger gets one warning a rule when its condition cannot be evaluated
 * @throws Error when a rule has not passed the schema, which compiles every expression once to check it
 */
export function compileRules(sources: readonly RuleSource[], logger: RuleLogger): RuleSet {
  const match = createRuleMatcher(sources.map(toMatchable), logger);
  return {
    rules: new Map(sources.map((source) => [source.name, toRule(source)])),
    match: (event: ConversationEvent) => match(event),
  };
}

function toMatchable({ name, when }: RuleSource): MatchableRule {
  return {
    name,
    topics: typeof when.topic === 'string' ? [when.topic] : when.topic,
    condition: when.if === undefined ? null : checkedExpression(when.if),
  };
}

function toRule({ name, when, target, actions }: RuleSource): Rule {
  const fields = target === undefined ? null : compileFields(target, 'target');
  return {
    name,
    maxAgeMs: when.maxAge,
    actions: actions.map((action) => toActionTemplate(name, action)),
    renderTarget: (context) => (fields === null ? null : (renderFields(fields, name, variablesOf(name, context)) as Target)),
  };
}

function toActionTemplate(rule: string, source: ActionSource): ActionTemplate {
  if (source.setAttributes !== undefined) return attributesTemplate(rule, source.setAttributes);
  if (source.applyWrapup !== undefined) return wrapupTemplate(rule, source.applyWrapup);
  return transferTemplate(rule, source.transfer ?? { transferType: 'Unattended' });
}

function attributesTemplate(rule: string, source: Readonly<Record<string, string | null>>): ActionTemplate {
  const pairs = Object.entries(source).flatMap(([name, value]) =>
    value === null ? [] : { name: requiredTemplate(name, 'action'), value: checkedTemplate(value, 'action') },
  );
  return {
    type: 'setAttributes',
    render(context) {
      const variables = variablesOf(rule, context);
      const attributes = new Map<string, string | null>();
      for (const { name, value } of pairs) {
        const rendered = name.render(rule, variables);
        if (attributes.has(rendered)) throw new RenderError(rule, name.expression, 'two attributes have the same name');
        attributes.set(rendered, value.render(rule, variables));
      }
      // fromEntries defines "__proto__" like any other name.
      return { type: 'setAttributes', attributes: Object.fromEntries(attributes) };
    },
  };
}

function wrapupTemplate(rule: string, source: NonNullable<ActionSource['applyWrapup']>): ActionTemplate {
  const code = requiredTemplate(source.code, 'action');
  const notes = source.notes === undefined ? null : checkedTemplate(source.notes, 'action');
  const { overwrite, validateCode } = source;
  return {
    type: 'applyWrapup',
    render(context) {
      const variables = variablesOf(rule, context);
      const rendered = notes?.render(rule, variables) ?? null;
      const wrapup = { type: 'applyWrapup', code: code.render(rule, variables), overwrite, validateCode } as const;
      return rendered === null ? wrapup : { ...wrapup, notes: rendered };
    },
  };
}

function transferTemplate(rule: string, source: NonNullable<ActionSource['transfer']>): ActionTemplate {
  const { transferType, ...texts } = source;
  const fields = compileFields(texts, 'action');
  return {
    type: 'transfer',
    render: (context) => toTransfer(transferType, renderFields(fields, rule, variablesOf(rule, context))),
  };
}

function toTransfer(transferType: TransferType, fields: Readonly<Record<string, string>>): Action {
  return { type: 'transfer', ...fields, transferType };
}

/** A template whose value must be there: an id, a code, an attribute's name. */
interface RequiredTemplate {
  readonly expression: string;
  render(rule: string, variables: Readonly<Record<string, unknown>>): string;
}

type Fields = readonly (readonly [field: string, template: RequiredTemplate])[];

function compileFields(texts: Readonly<Record<string, string | undefined>>, scope: Scope): Fields {
  return Object.entries(texts).flatMap(([field, text]) =>
    text === undefined ? [] : [[field, requiredTemplate(text, scope)] as const],
  );
}

function renderFields(fields: Fields, rule: string, variables: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(fields.map(([field, template]) => [field, template.render(rule, variables)]));
}

function requiredTemplate(text: string, scope: Scope): RequiredTemplate {
  const template = checkedTemplate(text, scope);
  const expression = /^\$\{(.*)\}$/s.exec(text)?.[1] ?? text;
  return {
    expression,
    render(rule, variables) {
      const rendered = template.render(rule, variables);
      if (rendered === null) throw new RenderError(rule, expression, 'it is null');
      if (rendered === '') throw new RenderError(rule, expression, 'it is empty');
      return rendered;
    },
  };
}

function variablesOf(rule: string, context: RenderContext): Readonly<Record<string, unknown>> {
  return { ...context, rule: { name: rule } };
}

function checkedTemplate(text: string, scope: Scope): Template {
  const compiled = compileTemplate(text, scope);
  if (!compiled.ok) throw new Error(`unchecked template: ${compiled.faults.map((fault) => fault.message).join('; ')}`);
  return compiled.template;
}

function checkedExpression(source: string): Expression {
  const compiled = compileExpression(source, 'condition');
  if (!compiled.ok) throw new Error(`unchecked condition: ${compiled.faults.map((fault) => fault.message).join('; ')}`);
  return compiled.expression;
}
