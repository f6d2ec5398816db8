import { setTimeout as delay } from 'node:timers/promises';
import { printable } from '../src/domain/printable.ts';
import type { ListedDeadLetter } from '../src/queue/dead-letters.ts';
import type { EndedLine } from '../src/story/story-line.ts';
import { createStoryReader, type StoryReader } from '../src/story/story-reader.ts';
import type { RetriedOutcomes } from './dead-letter-commands.ts';
import { type RedisSession, storyDays } from './redis-session.ts';

/** An action that a worker takes at once ends within seconds; what waits longer is left to `npm run why`. */
const LONGEST_WAIT_MS = 60_000;
const LOOK_EVERY_MS = 300;

/** Waits until the events of retried dead letters have ended once more, and reports how. */
export function createOutcomesOf({ connection, prefix }: RedisSession, waitMs = LONGEST_WAIT_MS) {
  const days = storyDays();
  const stories = createStoryReader({ redis: connection, prefix, days });
  return async (retried: readonly ListedDeadLetter[]): Promise<RetriedOutcomes> => {
    const startedAt = Date.now();
    const lines: string[] = [];
    let done = true;
    for (const { id, letter } of retried) {
      const ended = await untilEnded(stories, letter, startedAt, waitMs);
      const outcomes = ended?.outcomes.map(({ action, kind, reason }) => `${action ?? ''} ${kind} (${reason})`);
      lines.push(printable(`${id}: ${outcomes?.join(', ') ?? `not ended yet; npm run why -- ${letter.conversationId}`}`));
      if (ended === null || ended.outcomes.some(({ kind }) => kind === 'dead-lettered')) done = false;
    }
    return { lines, done };
  };
}

async function untilEnded(
  stories: StoryReader,
  { conversationId, entry }: ListedDeadLetter['letter'],
  startedAt: number,
  waitMs: number,
): Promise<EndedLine | null> {
  while (Date.now() - startedAt < waitMs) {
    const lines = await stories.story(conversationId);
    const ended = lines.findLast((line) => line.kind === 'ended' && line.eventId === entry?.id && line.at >= startedAt);
    if (ended?.kind === 'ended') return ended;
    await delay(LOOK_EVERY_MS);
  }
  return null;
}
