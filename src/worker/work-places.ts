/**
 * Bounds how many conversations are worked on at once in a process. A conversation that only waits until Genesys shows a write
 * gives its place to another one meanwhile: it needs neither CPU nor a connection.
 */
export interface WorkPlaces {
  /** Runs `work` in a place; waits for one, in order of asking. */
  hold<T>(work: () => Promise<T>): Promise<T>;
  /** For `work` that holds a place: gives it up during `wait`, and comes back before all who have not begun yet. */
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
