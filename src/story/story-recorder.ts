import type { RedisConnection } from '../redis/connection.ts';
import { defineScript } from '../redis/define-script.ts';
import { createKeys } from '../redis/keys.ts';
import { createDampedLog, type Damping } from '../telemetry/damped-log.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createAddressSecret } from './address-secret.ts';
import { createCallEncoder, type Recorded } from './encode-call.ts';
import type { StoredTogether } from './encode-line.ts';
import { hourOf, keptSeconds } from './story-keys.ts';
import type { StoryLine } from './story-line.ts';
import { MOST_POINTERS_BYTES } from './story-pointer.ts';

/** Records the history of conversations' events, for people. */
export interface StoryRecorder {
  /** False when stories are off: then callers need not prepare a line. */
  readonly enabled: boolean;
  /** Returns at once; the line is stored within a quarter of a second. `address` is the remote party's, as it came. */
  record(conversationId: string, line: StoryLine, address?: string | null): void;
  /** Stores all waiting lines. */
  flush(): Promise<void>;
}

/** For `STORY_DAYS=0`. */
export const NO_STORIES: StoryRecorder = { enabled: false, record: () => {}, flush: async () => {} };

export interface StoryOptions {
  readonly redis: RedisConnection;
  readonly prefix: string;
  /** How long a story is kept after its last line. */
  readonly days: number;
  readonly logger: Logger;
}

/** Lines of one story. If a conversation has more, the last lines show the cause. */
const LONGEST_STORY = 200;
/**
 * How many ids the lines of one call may have together: Redis serves no other client meanwhile. An event that ended has an id for
 * each call to Genesys, an ignored one only its own.
 */
const IDS_A_CALL = 64;
const FLUSH_AFTER_MS = 250;
/** About 4 MB; beyond it lines are dropped, because events have priority. */
const MOST_WAITING = 10_000;
const ONE_AN_OUTAGE: Damping = { lines: 1, quietMs: 60_000 };

/** Lines are collected and stored together. A line that cannot be stored is dropped: stories never delay an event. */
export function createStoryRecorder({ redis, prefix, days, logger }: StoryOptions): StoryRecorder {
  if (days === 0) return NO_STORIES;
  const keys = createKeys(prefix);
  const store = defineScript(redis, new URL('./record-story.lua', import.meta.url));
  const addressSecret = createAddressSecret(redis, keys);
  const warn = createDampedLog((fields, message) => logger.warn(fields, message), ONE_AN_OUTAGE);
  const encoder = createCallEncoder(keys);
  let waiting: Recorded[] = [];
  let timer: NodeJS.Timeout | null = null;
  let storing: Promise<void> = Promise.resolve();

  const storeAll = async (lines: readonly Recorded[]) => {
    try {
      const secret = lines.some(({ address }) => address !== null) ? await addressSecret() : null;
      for (let from = 0; from < lines.length; ) {
        const batch = batchFrom(lines, from);
        const call = encoder.encode(batch, secret);
        await store(call.keys, [keptSeconds(days), LONGEST_STORY, MOST_POINTERS_BYTES, ...call.args]);
        from += batch.length;
      }
    } catch (error) {
      encoder.forget();
      warn('story', { lines: lines.length, reason: (error as Error).message }, 'stories of conversations are not stored');
    }
  };

  const flush = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const lines = waiting;
    waiting = [];
    if (lines.length > 0) storing = storing.then(() => storeAll(lines));
    return storing;
  };

  return {
    enabled: true,
    record: (conversationId, line, address = null) => {
      if (waiting.length >= MOST_WAITING) return;
      const last = waiting.at(-1);
      const together = last?.conversationId === conversationId ? joined(last.lines, line) : null;
      if (last !== undefined && together !== null) waiting[waiting.length - 1] = { ...last, lines: together };
      else waiting.push({ conversationId, lines: [line], address });
      timer ??= setTimeout(() => void flush(), FLUSH_AFTER_MS).unref();
    },
    flush,
  };
}

/** An event that ended at once: both lines become one. `null`: they are of two events, or belong to the indexes of two hours. */
function joined([first, end]: StoredTogether, next: StoryLine): StoredTogether | null {
  if (end !== undefined || first.kind !== 'received' || next.kind !== 'ended') return null;
  return first.eventId === next.eventId && hourOf(first.at) === hourOf(next.at) ? [first, next] : null;
}

/** The lines that one call stores, at least one: they are of one hour, whose indexes they share. */
function batchFrom(lines: readonly Recorded[], from: number): readonly Recorded[] {
  const isOfHour = ({ lines: [first] }: Recorded) => hourOf(first.at) === hourOf(lines[from]?.lines[0].at ?? 0);
  let to = from;
  for (let ids = 0; to < lines.length; to += 1) {
    const next = lines[to];
    if (next === undefined || !isOfHour(next)) break;
    ids += next.lines.reduce((sum, line) => sum + (line.kind === 'ended' ? line.calls.length + line.outcomes.length : 1), 0);
    if (to > from && ids > IDS_A_CALL) break;
  }
  return lines.slice(from, to);
}
