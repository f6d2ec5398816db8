import { z } from 'zod';
import type { Render } from '../../rules/action-syntax.ts';
import { strictObject } from '../../rules/schema-faults.ts';
import { renderedNames, type TextFields } from '../../rules/text-fields.ts';
import type { ApplyWrapup } from './action.ts';

/** A day: longer is a mistake. */
const MOST_SECONDS = 86_400;
const MOST_TAGS = 100;

export function wrapupSchema({ text, required }: TextFields): z.ZodType<Render<ApplyWrapup>> {
  return strictObject({
    code: required.describe('Id or name of the wrap-up code.'),
    notes: text.optional().describe('Left out when it is one expression that is null.'),
    tags: z.array(required).max(MOST_TAGS).optional().describe('Tags of the wrap-up.'),
    durationSeconds: z
      .number()
      .int()
      .min(0)
      .max(MOST_SECONDS)
      .optional()
      .describe('How long the after-call work took, for reports. Unit: seconds.'),
    overwrite: z
      .boolean()
      .default(false)
      .describe('Whether a different code that somebody chose is replaced. A system code (ININ-...) is replaced always.'),
    validateCode: z
      .boolean()
      .default(true)
      .describe('Whether the code must be among those that Genesys lists for the participant.'),
  })
    .describe("Applies a wrap-up code to the agent's participant.")
    .transform(
      ({ code, notes, tags, durationSeconds, overwrite, validateCode }): Render<ApplyWrapup> =>
        (scope) => {
          const rendered = notes?.render(scope) ?? null;
          return {
            type: 'applyWrapup',
            code: code.render(scope),
            ...renderedNames({ code }),
            ...(rendered !== null && { notes: rendered }),
            ...(tags !== undefined && { tags: tags.map((tag) => tag.render(scope)) }),
            ...(durationSeconds !== undefined && { durationSeconds }),
            overwrite,
            validateCode,
          };
        },
    );
}
