import { z } from 'zod';
import type { Evidence } from '../domain/evidence.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { defineScript } from '../redis/define-script.ts';
import { createKeys } from '../redis/keys.ts';
import { parseStored } from '../redis/parse-stored.ts';

/** The conversations in which a write waits for proof, and what events have shown of them since. */
export interface AwaitedProofs {
  /** Keeps the evidence if the conversation awaits proof. `needsJob`: nobody looks at it before a job of the conversation runs. */
  note(conversationId: string, evidenceOf: () => Evidence | null): Promise<{ readonly needsJob: boolean }>;
  /** Removes and returns what was noted. */
  take(conversationId: string): Promise<readonly Evidence[]>;
  /** Conversations whose proof is due, which nobody else takes for a while. */
  takeDue(now: number, limit: number): Promise<readonly string[]>;
  /** Those of `conversationIds` that await proof and have no job. */
  filterAwaiting(conversationIds: readonly string[]): Promise<ReadonlySet<string>>;
}

/** Evidence that nobody takes is of no use after this time: the write was read back. */
const KEPT_SECONDS = 120;
const MOST_KEPT = 8;
/** Larger evidence is dropped, and the write is read back. */
const MOST_BYTES = 32_768;
/** Until a conversation that is due is due once more, because its job may be lost. */
const DUE_AGAIN_MS = 15_000;
/** See `settle.lua`. */
const AT_WORK = 9e15;

const evidenceSchema: z.ZodType<Evidence> = z.object({
  at: z.number(),
  participants: z.array(z.object({ id: z.string(), shown: z.record(z.string(), z.array(z.string())) })),
});

export function createAwaitedProofs({ redis, prefix }: { redis: RedisConnection; prefix: string }): AwaitedProofs {
  const note = defineScript(redis, new URL('./note-evidence.lua', import.meta.url));
  const take = defineScript(redis, new URL('./take-evidence.lua', import.meta.url));
  const keys = createKeys(prefix);
  return {
    async note(conversationId, evidenceOf) {
      // Most events come when nothing awaits them, and then they cost this look only.
      if ((await redis.zscore(keys.awaiting, conversationId)) === null) return { needsJob: false };
      const text = JSON.stringify(evidenceOf());
      if (text === 'null' || text.length > MOST_BYTES) return { needsJob: false };
      const named = [keys.awaiting, keys.evidence(conversationId)];
      return { needsJob: (await note(named, [conversationId, text, MOST_KEPT, KEPT_SECONDS])) === 2 };
    },
    async take(conversationId) {
      const texts = z.array(z.string()).parse(await take([keys.evidence(conversationId)], []));
      return texts.flatMap((text) => parseStored(evidenceSchema, text) ?? []);
    },
    async takeDue(now, limit) {
      const due = await redis.zrangebyscore(keys.awaiting, '-inf', now, 'LIMIT', 0, limit);
      if (due.length > 0) await redis.zadd(keys.awaiting, 'XX', ...due.flatMap((id) => [now + DUE_AGAIN_MS, id]));
      return due;
    },
    async filterAwaiting(conversationIds) {
      if (conversationIds.length === 0) return new Set();
      const scores = await redis.zmscore(keys.awaiting, ...conversationIds);
      return new Set(conversationIds.filter((_, index) => scores[index] != null && Number(scores[index]) < AT_WORK));
    },
  };
}
