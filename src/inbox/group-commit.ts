/**
 * Joins the calls of one event-loop turn into one commit, as databases do with their log: under load many requests
 * share a round trip, and a single request waits for no timer. A failed commit fails every call in it.
 * @param commit stores all items in one step, and answers each, in the same order
 * @param maxItems a commit takes whole calls until it holds this many, so that it does not occupy the store for long
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
  let waiting: Call[] = [];

  const commitCalls = async (calls: readonly Call[]) => {
    try {
      const answers = await commit(calls.flatMap((call) => call.items));
      let position = 0;
      for (const call of calls) {
        call.resolve(answers.slice(position, position + call.items.length));
        position += call.items.length;
      }
    } catch (error) {
      for (const call of calls) call.reject(error);
    }
  };

  const flush = () => {
    const calls = waiting;
    waiting = [];
    for (const group of splitCalls(calls, maxItems)) void commitCalls(group);
  };

  return (items) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ items, resolve, reject });
    });
}

/** A call is never divided, because its items are stored all or none. */
function splitCalls<Call extends { readonly items: readonly unknown[] }>(calls: readonly Call[], maxItems: number): Call[][] {
  const groups: Call[][] = [];
  let size = maxItems;
  for (const call of calls) {
    if (size + call.items.length > maxItems) {
      groups.push([]);
      size = 0;
    }
    groups.at(-1)?.push(call);
    size += call.items.length;
  }
  return groups;
}
