import { z } from 'zod';
import type { Render } from '../../rules/action-syntax.ts';
import { exactlyOne, requireOneOf, strictObject, together } from '../../rules/schema-faults.ts';
import { renderedNames, renderFields, type TextFields } from '../../rules/text-fields.ts';
import type { Transfer } from './action.ts';

const DESTINATIONS = ['queueId', 'queueName', 'userId', 'address', 'externalContactId'] as const;

export function transferSchema({ required }: TextFields): z.ZodType<Render<Transfer>> {
  return strictObject({
    queueId: required.optional().describe('Id of the queue.'),
    queueName: required.optional().describe('Name of the queue, in whatever case.'),
    userId: required.optional().describe('Id of the user.'),
    address: required.optional().describe('A number or address outside; dialled.'),
    externalContactId: required.optional().describe('Id of an external contact; phoneType says which number is dialled.'),
    phoneType: required.optional().describe('For externalContactId, as Genesys names it: work, cell, home, other.'),
    requeue: z
      .boolean()
      .default(false)
      .describe('For a queue: transfers also when the agent who has the caller is of that queue already.'),
    wrapupCode: required
      .optional()
      .describe("Id or name of a wrap-up code that is set on the agent's participant before the transfer."),
    transferType: z.enum(['Unattended', 'Attended']).default('Unattended').describe("Genesys's transferType."),
  })
    .check(
      exactlyOne(DESTINATIONS),
      together('externalContactId', 'phoneType'),
      onlyForQueues,
      z.meta({ description: `Transfers to exactly one of ${DESTINATIONS.join(', ')}.`, ...requireOneOf(DESTINATIONS) }),
    )
    .transform(
      ({ transferType, requeue, ...texts }): Render<Transfer> =>
        (scope) => ({
          type: 'transfer',
          ...renderFields(texts, scope),
          ...renderedNames(texts),
          ...(requeue && { requeue }),
          transferType,
        }),
    );
}

const onlyForQueues = z.refine(
  (transfer) => {
    const { requeue, queueId, queueName } = transfer as { requeue?: unknown; queueId?: unknown; queueName?: unknown };
    return requeue !== true || queueId !== undefined || queueName !== undefined;
  },
  { error: 'requeue is for a queue (queueId or queueName)', path: ['requeue'] },
);
