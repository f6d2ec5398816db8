import { z } from 'zod';
import { TOPIC_CATALOGUE } from '../domain/topic-catalogue.ts';
import { createActionSchemas } from '../rules/action-schema.ts';
import type { ActionSyntaxes } from '../rules/action-syntax.ts';
import { compileExpression } from '../rules/expression.ts';
import { strictObject } from '../rules/schema-faults.ts';
import { suggest } from '../rules/suggest.ts';
import { findTopicPatternFault } from '../rules/topic-pattern.ts';

const MS_PER_UNIT: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const topicPattern = z
  .string()
  .max(512)
  .superRefine((pattern, context) => {
    const fault = findTopicPatternFault(pattern);
    if (fault !== null) context.addIssue({ code: 'custom', message: fault });
  })
  .meta({
    description: 'A topic of docs/events.md. `*` is one segment, `**` any number of them, `{id}` an id.',
    suggestions: TOPIC_CATALOGUE.map(({ topic }) => topic),
  });

const conditionIn = (scope: 'condition' | 'onlyIf') =>
  z.string().transform((source, context) => {
    const compiled = compileExpression(source, scope);
    if (compiled.ok) return compiled.expression;
    for (const { message, offset } of compiled.faults) context.addIssue({ code: 'custom', message, params: { offset } });
    return z.NEVER;
  });

const DURATION = { error: 'expected a duration: a whole number and s, m, h or d (for example 30s, 15m, 24h, 7d)' };

const duration = z
  .string(DURATION)
  .regex(/^[1-9]\d{0,6}[smhd]$/, DURATION)
  .transform((text) => Number(text.slice(0, -1)) * (MS_PER_UNIT[text.slice(-1)] ?? 0));

const when = strictObject({
  topic: z
    .union([topicPattern, z.array(topicPattern).min(1)])
    .describe('One or several patterns; * is one segment, ** any number of them; ids inside topics are written {id}.'),
  if: conditionIn('condition').optional().describe('CEL over `event`. One that cannot be evaluated counts as false.'),
  maxAge: duration.prefault('24h').describe('Older events are skipped: a whole number and s, m, h or d. Default 24h.'),
}).describe('Which events the rule is for.');

const name = z
  .string()
  .max(100)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, { error: 'expected a name in kebab-case (for example tag-trace)' })
  .describe('Unique; in kebab-case.');

const onlyIf = conditionIn('onlyIf')
  .optional()
  .describe(
    'CEL over `event`, `conversation`, `participant` and `trace`, judged on the live conversation before the actions. ' +
      'Where it is false the actions are skipped (`condition-false`). One that cannot be evaluated counts as false.',
  );

const mode = z
  .enum(['live', 'shadow'])
  .default('live')
  .describe('`shadow`: everything is planned and reported as `shadowed`, and nothing is written.');

/** The rules file. Checks across rules (unique names) are in `load-rules.ts`. */
export function createRulesFileSchema(syntaxes: ActionSyntaxes) {
  const { target, actions } = createActionSchemas('template', syntaxes);
  const rule = strictObject({ name, when, onlyIf, mode, target: target.optional(), actions });
  return strictObject({ rules: z.array(rule).max(1000).describe('Every rule that matches an event is applied, in this order.') });
}

/**
 * For editors, which support draft 7 best: completes and checks a rules file. What it cannot express (CEL, unique names) is
 * checked at the start.
 */
export function createRulesJsonSchema(syntaxes: ActionSyntaxes): Record<string, unknown> {
  const schema = z.toJSONSchema(createRulesFileSchema(syntaxes), { io: 'input', target: 'draft-7', override: suggest });
  return { ...schema, title: 'hookpatch rules file' };
}
