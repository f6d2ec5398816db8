/**
 * Bounds how many conversations a process works on at once. A conversation that only waits until Genesys shows a write gives its
 * place to another one meanwhile, because it needs neither CPU nor a connection.
 */
export interface WorkPlaces {
  /** Runs `work` in a place; waits for one, in order of the calls. */
  hold<T>(work: () => Promise<T>): Promise<T>;
  /** For `work` that holds a place: gives the place up during `wait`, and gets one again before all that have not started yet. */
  leaveDuring<T>(wait: () => Promise<T>): Promise<T>;
}

export function createWorkPlaces(count: number): WorkPlaces {
  const returning: (() => void)[] = [];
  const beginning: (() => void)[] = [];
  let free = count;

  const enter = (queue: (() => void)[]): Promise<void> => {
    if (free > 0) {
      free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => queue.push(resolve));
  };
  const leave = () => {
    const next = returning.shift() ?? beginning.shift();
    if (next === undefined) free += 1;
    else next();
  };

  return {
    hold: async (work) => {
      await enter(beginning);
      try {
        return await work();
      } finally {
        leave();
      }
    },
    leaveDuring: async (wait) => {
      leave();
      try {
        return await wait();
      } finally {
        await enter(returning);
      }
    },
  };
}
