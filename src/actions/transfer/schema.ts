import { z } from 'zod';
import type { Render } from '../../rules/action-syntax.ts';
import { exactlyOne, requireOneOf, strictObject } from '../../rules/schema-faults.ts';
import { renderFields, type TextFields } from '../../rules/text-fields.ts';
import type { Transfer } from './action.ts';

const DESTINATIONS = ['queueId', 'userId', 'address'] as const;

export function transferSchema({ required }: TextFields): z.ZodType<Render<Transfer>> {
  return strictObject({
    queueId: required.optional().describe('Id of the queue.'),
    userId: required.optional().describe('Id of the user.'),
    address: required.optional().describe('A number or address.'),
    wrapupCode: required
      .optional()
      .describe("Id or name of a wrap-up code that is set on the agent's participant before the transfer."),
    transferType: z.enum(['Unattended', 'Attended']).default('Unattended').describe("Genesys's transferType."),
  })
    .check(
      exactlyOne(DESTINATIONS),
      z.meta({ description: 'Transfers to exactly one of queueId, userId and address.', ...requireOneOf(DESTINATIONS) }),
    )
    .transform(
      ({ transferType, ...texts }): Render<Transfer> =>
        (scope) => ({
          type: 'transfer',
          ...renderFields(texts, scope),
          transferType,
        }),
    );
}
