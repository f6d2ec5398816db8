import { maskValues } from '../../domain/mask-values.ts';
import type { ActionKind } from '../action-kind.ts';
import { eventSelector } from '../step.ts';
import type { SetAttributes } from './action.ts';
import { attributesSchema } from './schema.ts';

/** Participant attributes, merged by participant over the events of a batch. */
export const setAttributes: ActionKind<SetAttributes> = {
  type: 'setAttributes',
  order: 'merge',
  scalarsAsWritten: true,
  schema: attributesSchema,
  mask: (action) => ({ ...action, attributes: maskValues(action.attributes) }),
  defaultSelector: eventSelector,
};
