/**
 * Joins the calls of one event-loop turn into few commits, as databases do with their log: under load many requests share a round
 * trip, and a single request waits for no timer. Commits don't wait for each other: a turn with many calls starts its first
 * commit while it still gathers the next. A failed commit fails every call in it.
 * @param commit stores all items in one step, and returns a result for each, in the same order
 * @param maxItems a commit takes whole calls up to this many items, so that it does not occupy the store for long
 */
export function createGroupCommit<Item, Answer>(
  commit: (items: readonly Item[]) => Promise<readonly Answer[]>,
  maxItems: number,
): (items: readonly Item[]) => Promise<Answer[]> {
  interface Call {
    readonly items: readonly Item[];
    readonly resolve: (answers: Answer[]) => void;
    readonly reject: (error: unknown) => void;
  }
  let calls: Call[] = [];
  let size = 0;
  let willFlush = false;

  const commitCalls = async (together: readonly Call[]) => {
    try {
      const answers = await commit(together.flatMap((call) => call.items));
      let position = 0;
      for (const call of together) {
        call.resolve(answers.slice(position, position + call.items.length));
        position += call.items.length;
      }
    } catch (error) {
      for (const call of together) call.reject(error);
    }
  };

  const flush = () => {
    const together = calls;
    calls = [];
    size = 0;
    if (together.length > 0) void commitCalls(together);
  };

  const flushAtEndOfTurn = () => {
    willFlush = false;
    flush();
  };

  /** A call is never split, because its items are stored all or none. */
  const add = (call: Call) => {
    if (size + call.items.length > maxItems) flush();
    calls.push(call);
    size += call.items.length;
    if (size >= maxItems) flush();
    if (willFlush || calls.length === 0) return;
    willFlush = true;
    setImmediate(flushAtEndOfTurn);
  };

  return (items) => {
    const { promise, resolve, reject } = Promise.withResolvers<Answer[]>();
    add({ items, resolve, reject });
    return promise;
  };
}
