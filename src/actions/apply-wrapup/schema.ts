import { z } from 'zod';
import type { Render } from '../../rules/action-syntax.ts';
import { strictObject } from '../../rules/schema-faults.ts';
import type { TextFields } from '../../rules/text-fields.ts';
import type { ApplyWrapup } from './action.ts';

export function wrapupSchema({ text, required }: TextFields): z.ZodType<Render<ApplyWrapup>> {
  return strictObject({
    code: required.describe('Id or name of the wrap-up code.'),
    notes: text.optional().describe('Left out when it is one expression that is null.'),
    overwrite: z.boolean().default(false).describe('Whether a different code that is already set is replaced.'),
    validateCode: z
      .boolean()
      .default(true)
      .describe('Whether the code must be among those that Genesys lists for the participant.'),
  })
    .describe("Applies a wrap-up code to the agent's participant.")
    .transform(
      ({ code, notes, overwrite, validateCode }): Render<ApplyWrapup> =>
        (scope) => {
          const wrapup = { type: 'applyWrapup', code: code.render(scope), overwrite, validateCode } as const;
          const rendered = notes?.render(scope) ?? null;
          return rendered === null ? wrapup : { ...wrapup, notes: rendered };
        },
    );
}
