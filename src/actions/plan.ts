import type { Ending, Step } from './step.ts';
import type { Write } from './write.ts';

/** The result of planning. Each step is in exactly one of the three. */
export interface Plan {
  /** In the order in which they are sent. */
  readonly writes: readonly Write[];
  /** Steps that need no write. */
  readonly endings: ReadonlyMap<Step, Ending>;
  /** Steps that could not be planned, each with its error; `worker/decide.ts` decides what follows. */
  readonly failures: ReadonlyMap<Step, unknown>;
}

/** Plans each step on its own: a step that fails does not affect the others. */
export async function planEach<S extends Step>(
  steps: readonly S[],
  planStep: (step: S) => Promise<Write | Ending>,
): Promise<Plan> {
  const writes: Write[] = [];
  const endings = new Map<Step, Ending>();
  const failures = new Map<Step, unknown>();
  for (const step of steps) {
    try {
      const planned = await planStep(step);
      if ('send' in planned) writes.push(planned);
      else endings.set(step, planned);
    } catch (error) {
      failures.set(step, error);
    }
  }
  return { writes, endings, failures };
}
