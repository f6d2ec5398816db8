import { MASKED_TEXT } from '../../domain/mask-values.ts';
import type { ActionKind } from '../action-kind.ts';
import { eventSelector } from '../step.ts';
import type { ApplyWrapup } from './action.ts';
import { wrapupSchema } from './schema.ts';

/** A wrap-up code on one participant. */
export const applyWrapup: ActionKind<ApplyWrapup> = {
  type: 'applyWrapup',
  order: 'in-turn',
  scalarsAsWritten: false,
  schema: wrapupSchema,
  mask: (action) => (action.notes === undefined ? action : { ...action, notes: MASKED_TEXT }),
  defaultSelector: eventSelector,
};
