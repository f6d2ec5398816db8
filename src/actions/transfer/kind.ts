import { MASKED_TEXT } from '../../domain/mask-values.ts';
import type { ActionKind } from '../action-kind.ts';
import { planEach } from '../plan.ts';
import { agentSelector } from '../step.ts';
import type { Transfer } from './action.ts';
import { openTransfers } from './plan.ts';
import { transferSchema } from './schema.ts';

/** A transfer of the leg of the agent who has the caller; it happens at most once. */
export const transfer: ActionKind<Transfer> = {
  type: 'transfer',
  order: 'barrier',
  scalarsAsWritten: false,
  schema: transferSchema,
  mask: (action) => (action.address === undefined ? action : { ...action, address: MASKED_TEXT }),
  defaultSelector: agentSelector,
  reportedBy: () => null,
  shownBy: () => [],
  open: (resources) => {
    const transfers = openTransfers(resources);
    return { plan: (steps, live) => planEach(steps, (step) => transfers.plan(step, live)) };
  },
};
