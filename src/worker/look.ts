import { ending } from '../actions/step.ts';
import type { Conversation } from '../genesys/genesys-client.ts';
import { GenesysError } from '../genesys/genesys-error.ts';
import type { InboxItem } from '../inbox/inbox.ts';
import { attempt, type RetryPolicy, untilPostponed } from './attempt.ts';
import type { ConversationView } from './conversation-view.ts';
import type { EntryProgress } from './entry-progress.ts';

export interface Looking extends RetryPolicy {
  /** Takes a fetched conversation in, as if its snapshot had come from one of `topics`; without topics, from any. */
  takeSnapshot(conversation: Conversation, topics: readonly string[]): Promise<void>;
}

const LOOKED_AT = ending('unchanged', 'looked-at', 'the conversation was fetched, and came in as a snapshot');
const GONE = ending('skipped', 'conversation-ended', 'the conversation is not visible any more: there is nothing to repair');

/**
 * Looks at the conversation once for all of these entries. What follows from it, edges and rules on the state, comes into the same
 * inbox behind everything that came in before the fetch. If the process dies before the looks are settled they are repeated, and
 * the same snapshot is a duplicate.
 * @returns until when they have to wait (epoch milliseconds), `null` when they are done
 */
export async function lookAt(looks: readonly EntryProgress[], view: ConversationView, looking: Looking): Promise<number | null> {
  const byTask = new Map(looks.flatMap((progress) => (progress.look === null ? [] : [[progress.look, progress] as const])));
  const progressOf = (task: Parameters<typeof byTask.get>[0]) => {
    const progress = byTask.get(task);
    if (progress === undefined) throw new Error('the look is of no entry of the batch');
    return progress;
  };
  let seen: Conversation | null = null;
  const attempting = { progressOf, view, policy: looking, participantId: null };
  const until = await untilPostponed(() =>
    attempt(attempting, [...byTask.keys()], async () => {
      seen = await fetch(view);
    }),
  );
  const open = looks.filter(({ done }) => !done);
  if (until !== null || open.length === 0) return until;
  if (seen !== null) await looking.takeSnapshot(seen, topicsOf(open));
  for (const [task, progress] of byTask) {
    if (!progress.done) progress.finish(task, seen === null ? GONE : LOOKED_AT);
  }
  return null;
}

/** In the lane of repairs: nobody waits for it. `null` when it is not visible. */
async function fetch(view: ConversationView): Promise<Conversation | null> {
  try {
    return (await view.refresh('repair')).conversation;
  } catch (error) {
    if (error instanceof GenesysError && error.class === 'not-visible') return null;
    throw error;
  }
}

function topicsOf(looks: readonly EntryProgress[]): readonly string[] {
  const topics = looks.map(({ entry: { work } }) => (work.kind === 'look' ? work.topics : []));
  return topics.some((each) => each.length === 0) ? [] : [...new Set(topics.flat())];
}

/** The items at the head that make one batch: looks, or everything before the next look. */
export function headOf(items: readonly InboxItem[]): readonly InboxItem[] {
  const [first] = items;
  return first === undefined ? [] : untilOther(items, isLook(first));
}

/** The items before the first that is a look, or is none. */
export function untilOther(items: readonly InboxItem[], looks: boolean): readonly InboxItem[] {
  const end = items.findIndex((item) => isLook(item) !== looks);
  return end < 0 ? items : items.slice(0, end);
}

export function isLook({ entry }: InboxItem): boolean {
  return entry?.work.kind === 'look';
}
