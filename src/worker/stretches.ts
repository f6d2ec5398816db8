import type { OpenedAction, OpenedActions } from '../actions/registry.ts';
import type { Step } from '../actions/step.ts';

/** Steps that are planned together: consecutive steps of a kind that merges, or one step of any other kind. */
export interface Stretch {
  readonly action: OpenedAction;
  readonly steps: readonly Step[];
}

/** @param steps of kinds that are among `actions`, in order */
export function stretchesOf(steps: readonly Step[], actions: OpenedActions): readonly Stretch[] {
  const stretches: { action: OpenedAction; steps: Step[] }[] = [];
  for (const step of steps) {
    const action = actions.get(step.action);
    if (action === undefined) throw new Error(`there is no kind of action ${step.action}`);
    const last = stretches.at(-1);
    if (last?.action === action && action.kind.order === 'merge') last.steps.push(step);
    else stretches.push({ action, steps: [step] });
  }
  return stretches;
}
