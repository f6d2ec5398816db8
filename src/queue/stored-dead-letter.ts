import { z } from 'zod';
import { entrySchema, outcomeSchema } from '../inbox/entry-format.ts';
import type { DeadLetter } from './dead-letters.ts';

const schema: z.ZodType<DeadLetter> = z.looseObject({
  conversationId: z.string(),
  entry: entrySchema.nullable(),
  raw: z.string().nullable(),
  actionKey: z.string().nullable(),
  outcome: outcomeSchema,
  traceparent: z.string().nullable(),
  attempts: z.number(),
  receivedAt: z.number().nullable(),
  deadLetteredAt: z.number(),
  sequence: z.number(),
});

/** The data of a job of the dead letters' queue; `null` when this release can't read it. */
export function readDeadLetter(data: unknown): DeadLetter | null {
  return schema.safeParse(data).success ? (data as DeadLetter) : null;
}

/** A placeholder for one that can't be read, where people look for it. */
export function unreadableDeadLetter(data: unknown, deadLetteredAt: number): DeadLetter {
  return {
    conversationId: '',
    entry: null,
    raw: JSON.stringify(data),
    actionKey: null,
    outcome: {
      kind: 'dead-lettered',
      reason: 'entry-unreadable',
      detail: 'what is stored is no dead letter that this release reads',
      rule: null,
      action: 'setAttributes',
      participantId: null,
    },
    traceparent: null,
    attempts: 0,
    receivedAt: null,
    deadLetteredAt,
    sequence: 0,
  };
}
