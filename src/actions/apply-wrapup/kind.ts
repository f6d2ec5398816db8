import { MASKED_TEXT } from '../../domain/mask-values.ts';
import { communicationsOf } from '../../genesys/participant-state.ts';
import type { ActionKind } from '../action-kind.ts';
import { planEach } from '../plan.ts';
import { eventSelector } from '../step.ts';
import type { ApplyWrapup } from './action.ts';
import { placeOf } from './place.ts';
import { createWrapups } from './plan.ts';
import { wrapupSchema } from './schema.ts';
import { REPORTED_AS, reportedWrapup } from './write.ts';

/** A wrap-up code on one participant. */
export const applyWrapup: ActionKind<ApplyWrapup> = {
  type: 'applyWrapup',
  order: 'in-turn',
  scalarsAsWritten: false,
  schema: wrapupSchema,
  mask: ({ notes, tags, ...shown }) => ({
    ...shown,
    ...(notes !== undefined && { notes: MASKED_TEXT }),
    ...(tags !== undefined && { tags: tags.map(() => MASKED_TEXT) }),
  }),
  defaultSelector: eventSelector,
  reportedBy: reportedWrapup,
  shownBy: (participant) =>
    [participant.wrapup, ...communicationsOf(participant).map(({ wrapup }) => wrapup)].map((wrapup) => [
      REPORTED_AS,
      wrapup?.code,
    ]),
  open: (resources) => {
    const wrapups = createWrapups(resources);
    return {
      plan: (steps, live) =>
        planEach(steps, async (step) => {
          const conversation = await live.current();
          const place = placeOf(step, conversation);
          if ('kind' in place) return place;
          return wrapups.plan(step.render(conversation, place.participant), place, live, step);
        }),
    };
  },
};
