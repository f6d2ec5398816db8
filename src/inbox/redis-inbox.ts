import { isUtf8 } from 'node:buffer';
import { hash, randomUUID } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import type { InboxEntry } from '../domain/inbox-entry.ts';
import { defineScript } from './define-script.ts';
import { decodeEntry, encodeEntry } from './entry-format.ts';
import { createGroupCommit } from './group-commit.ts';
import type { Appended, Inbox, InboxItem, Settlement } from './inbox.ts';

export interface InboxOptions {
  readonly redis: Redis | Cluster;
  /** Holds a hash tag, such as `{hookpatch}`, so that all keys share one slot of a Redis Cluster. */
  readonly prefix: string;
  /** How long an idempotency key is remembered. */
  readonly dedupSeconds: number;
}

export interface PendingStats {
  /** Conversations with a waiting entry. */
  readonly pendingConversations: number;
  /** Of the entry that waits longest at the head of its inbox; 0 when nothing waits. */
  readonly oldestPendingAgeSeconds: number;
}

/** The inbox, and what the sweeper, the dead letters and the metrics need beside it. */
export interface RedisInbox extends Inbox {
  /**
   * Puts an entry back at the tail although its idempotency key is known; `text` is the entry as stored.
   * Happens once for a `replayId`, whoever asks and however often, within a day.
   */
  requeue(conversationId: string, text: string, replayId: string): Promise<Appended>;
  /** Conversations whose oldest entry was received before `before` (epoch milliseconds), longest waiting first. */
  listPending(before: number, offset: number, limit: number): Promise<string[]>;
  readStats(): Promise<PendingStats>;
}

/** No reader reads more at once; bounds what `settle.lua` searches. */
const MAX_READ = 1_000;
/** A replay that was killed half-way is done again within seconds, whatever the setting for events is. */
const REPLAY_REMEMBERED_SECONDS = 86_400;
/** Small enough that Redis, the receiver and its callers work at the same time and not in turns: docs/performance.md. */
const MAX_APPEND = 16;

interface Appending {
  readonly conversationId: string;
  readonly receivedAt: number;
  readonly idempotencyKey: string;
  readonly rememberedSeconds: number;
  readonly text: string;
}

/** The inbox of each conversation in Redis. Every operation is one command, and one step for Redis. */
export function createInbox({ redis, prefix, dedupSeconds }: InboxOptions): RedisInbox {
  const append = defineScript(redis, 'hookpatchAppend', './append.lua');
  const settle = defineScript(redis, 'hookpatchSettle', './settle.lua');
  const pendingKey = `${prefix}:pending`;
  const inboxKey = (conversationId: string) => `${prefix}:inbox:${conversationId}`;
  // Bytes of items that are not UTF-8: their `raw` would not name them exactly.
  const damaged = new WeakMap<InboxItem, Buffer>();
  const bytesOf = (item: InboxItem) => damaged.get(item) ?? item.raw;

  const appendTogether = createGroupCommit(async (entries: readonly Appending[]) => {
    const keys = entries.flatMap((entry) => [inboxKey(entry.conversationId), entry.idempotencyKey]);
    const args = entries.flatMap((entry) => [entry.conversationId, entry.receivedAt, entry.rememberedSeconds, entry.text]);
    const answers = (await append([pendingKey, ...keys], args)) as number[];
    return answers.map(toAppended);
  }, MAX_APPEND);

  const toItem = (bytes: Buffer): InboxItem => {
    const raw = bytes.toString('utf8');
    if (isUtf8(bytes)) return { raw, entry: decodeEntry(raw) };
    const item = { raw, entry: null };
    damaged.set(item, bytes);
    return item;
  };

  const settleItems = async (conversationId: string, { remove, replace }: Settlement) => {
    const replacements = replace.flatMap(({ item, entry }) => [bytesOf(item), encodeEntry(entry)]);
    const args = [conversationId, Date.now(), MAX_READ, randomUUID(), remove.length, ...remove.map(bytesOf), ...replacements];
    const [settled, remaining] = (await settle(
      [inboxKey(conversationId), pendingKey, `${prefix}:settled:${conversationId}`],
      args,
    )) as [number, number];
    return { settled: settled === 1, remaining };
  };

  return {
    append: async (entries) => {
      if (entries.length === 0) return [];
      return appendTogether(entries.map((entry) => toAppending(entry, `${prefix}:seen:${digest(entry.id)}`, dedupSeconds)));
    },

    requeue: async (conversationId, text, replayId) => {
      const idempotencyKey = `${prefix}:replayed:${digest(replayId)}`;
      const rememberedSeconds = REPLAY_REMEMBERED_SECONDS;
      const [appended] = await appendTogether([
        { conversationId, receivedAt: Date.now(), idempotencyKey, rememberedSeconds, text },
      ]);
      if (appended === undefined) throw new Error('the append answered for no entry');
      return appended;
    },

    read: async (conversationId, limit) => {
      const last = Math.min(limit, MAX_READ) - 1;
      const stored = await redis.lrangeBuffer(inboxKey(conversationId), 0, last);
      // Redis lost the inbox but not its mark (eviction): without this the sweeper would schedule it for ever.
      if (stored.length === 0) await settleItems(conversationId, { remove: [], replace: [] });
      return stored.map(toItem);
    },

    settle: settleItems,

    listPending: (before, offset, limit) => redis.zrangebyscore(pendingKey, '-inf', `(${before}`, 'LIMIT', offset, limit),

    readStats: async () => {
      const [pendingConversations, oldest] = await Promise.all([
        redis.zcard(pendingKey),
        redis.call('ZRANGE', pendingKey, 0, 0, 'WITHSCORES') as Promise<(string | string[])[]>,
      ]);
      const score = oldest.flat()[1]; // [member, score] in RESP2, [[member, score]] in RESP3
      const oldestPendingAgeSeconds = score === undefined ? 0 : Math.max(0, (Date.now() - Number(score)) / 1_000);
      return { pendingConversations, oldestPendingAgeSeconds };
    },
  };
}

function toAppending(entry: InboxEntry, idempotencyKey: string, rememberedSeconds: number): Appending {
  const { event, receivedAt } = entry;
  return { conversationId: event.conversationId, receivedAt, idempotencyKey, rememberedSeconds, text: encodeEntry(entry) };
}

/** See `append.lua`. */
function toAppended(answer: number): Appended {
  return { status: answer >= 2 ? 'accepted' : 'duplicate', needsJob: answer === 1 || answer === 3 };
}

/** Of a fixed length whatever a sender chose as its key; 43 characters. */
function digest(text: string): string {
  return hash('sha256', text, 'base64url');
}
