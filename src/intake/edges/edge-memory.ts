import { z } from 'zod';
import type { InboxEntry } from '../../domain/inbox-entry.ts';
import { encodeEntry } from '../../inbox/entry-format.ts';
import type { RedisConnection } from '../../redis/connection.ts';
import { defineFencedScript, type Fence } from '../../redis/fence.ts';
import { createKeys } from '../../redis/keys.ts';
import { parseStored } from '../../redis/parse-stored.ts';
import { NOTHING_SEEN, type SeenState } from './derive-edges.ts';

/** The remembered state, and the text that shows whether it is still current. */
export interface Remembered {
  readonly text: string;
  readonly state: SeenState;
}

export interface EdgeMemory {
  /** The state of an unknown conversation: nothing. */
  recall(conversationId: string): Promise<Remembered>;
  /** `changed`: another process was faster and nothing was done. @throws FencedError when the writer was replaced */
  advance(
    conversationId: string,
    before: Remembered,
    after: SeenState,
    edges: Advance,
  ): Promise<'changed' | 'done' | 'needs-job'>;
}

export interface Advance {
  readonly entries: readonly InboxEntry[];
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  readonly fence: Fence | null;
}

/** A conversation without events for a day that then goes on is treated as new. */
const REMEMBERED_SECONDS = 86_400;

const stateSchema = z.object({
  version: z.literal(1),
  edges: z.record(z.string(), z.array(z.string())),
  ended: z.boolean(),
  attributes: z.record(z.string(), z.object({ changes: z.number(), digests: z.record(z.string(), z.string()) })),
}) as unknown as z.ZodType<SeenState>;

export function createEdgeMemory({ redis, prefix }: { redis: RedisConnection; prefix: string }): EdgeMemory {
  const advance = defineFencedScript(redis, new URL('./advance.lua', import.meta.url));
  const keys = createKeys(prefix);
  return {
    recall: async (conversationId) => {
      const text = (await redis.getex(keys.snapshot(conversationId), 'EX', REMEMBERED_SECONDS)) ?? '';
      return { text, state: parseStored(stateSchema, text) ?? NOTHING_SEEN };
    },
    advance: async (conversationId, before, after, { entries, receivedAt, fence }) => {
      const named = [keys.snapshot(conversationId), keys.pending, keys.inbox(conversationId), keys.awaiting];
      const life = [before.text, JSON.stringify(after), REMEMBERED_SECONDS, conversationId, receivedAt];
      const result = Number(await advance(fence, named, [...life, ...entries.map(encodeEntry)]));
      if (result < 0) return 'changed';
      return result === 1 ? 'needs-job' : 'done';
    },
  };
}
