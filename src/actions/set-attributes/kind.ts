import { isObject } from '../../domain/json-object.ts';
import { maskValues } from '../../domain/mask-values.ts';
import type { ActionKind } from '../action-kind.ts';
import { eventSelector } from '../step.ts';
import type { SetAttributes } from './action.ts';
import { planAttributes } from './plan.ts';
import { attributesSchema } from './schema.ts';
import { attributesWrite } from './write.ts';

/** Genesys's own, and the edge between two snapshots; both have the attributes in `body.attributes`. */
const TOPIC = /\.attributes(?:\.changed)?$/;

/** Participant attributes, merged by participant over the events of a batch. */
export const setAttributes: ActionKind<SetAttributes> = {
  type: 'setAttributes',
  order: 'merge',
  scalarsAsWritten: true,
  schema: attributesSchema,
  mask: (action) => ({ ...action, attributes: maskValues(action.attributes) }),
  defaultSelector: eventSelector,
  reportedBy: ({ topic, body }) => (TOPIC.test(topic) && isObject(body.attributes) ? body.attributes : null),
  shownBy: ({ attributes }) => Object.entries(attributes ?? {}),
  open: ({ ownWrites }) => ({
    plan: async (steps, live) => {
      const { changes, endings, failures } = await planAttributes(await live.current(), steps);
      return { writes: changes.map((change) => attributesWrite(change, live, ownWrites)), endings, failures };
    },
  }),
};
