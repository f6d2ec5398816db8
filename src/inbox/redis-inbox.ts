import { isUtf8 } from 'node:buffer';
import { hash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { contentText } from '../domain/canonical-json.ts';
import type { InboxEntry } from '../domain/inbox-entry.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { defineScript } from '../redis/define-script.ts';
import { defineFencedScript, type Fence } from '../redis/fence.ts';
import { createKeys } from '../redis/keys.ts';
import { decodeEntry, encodeEntry } from './entry-format.ts';
import { createGroupCommit } from './group-commit.ts';
import { type Appended, type Inbox, type InboxItem, KeyReusedError, type Settlement } from './inbox.ts';
import { readWithin } from './read-within.ts';

export interface InboxOptions {
  readonly redis: RedisConnection;
  /** Contains a hash tag, such as `{hookpatch}`, so that all keys share one slot of a Redis Cluster. */
  readonly prefix: string;
  /** How long an idempotency key is remembered. */
  readonly dedupSeconds: number;
}

export interface PendingStats {
  /** Conversations with a waiting entry. */
  readonly pendingConversations: number;
  /** The age of the entry that waits longest at the head of its inbox; 0 when nothing waits. */
  readonly oldestPendingAgeSeconds: number;
}

/** The inbox, and the operations for the sweeper, the dead letters and the metrics. */
export interface RedisInbox extends Inbox {
  /**
   * Puts an entry back at the tail although its idempotency key is known; `text` is the entry as stored. Happens once for a
   * `replayId` within a day, whoever calls it and however often.
   */
  requeue(conversationId: string, text: string, replayId: string): Promise<Appended>;
  /** Conversations whose oldest entry was received before `before` (epoch milliseconds), longest waiting first. */
  listPending(before: number, offset: number, limit: number): Promise<string[]>;
  readStats(): Promise<PendingStats>;
}

/** No reader reads more at once; this bounds the search of `settle.lua`. */
const MAX_READ = 1_000;
/** A replay that was killed half-way is repeated within seconds, whatever the setting for events is. */
const REPLAY_REMEMBERED_SECONDS = 86_400;
/** Small enough that Redis, the receiver and its callers work at the same time and not in turns (docs/performance.md). */
const MAX_APPEND = 16;

/** 48 bits as hex: enough to distinguish two contents of one key. As a number Redis stores it without memory for a text. */
const CONTENT_DIGEST_LENGTH = 12;

/** See `append.lua`. */
const KEY_REUSED = 4;

/** The return values of the scripts. */
const appendResults = z.array(z.int().min(0).max(5));
const settleResult = z.tuple([z.union([z.literal(0), z.literal(1)]), z.int().min(0), z.int().min(0)]);

interface Appending {
  /** Equal for all entries of one call, which are appended all or none. */
  readonly call: number;
  readonly conversationId: string;
  readonly receivedAt: number;
  readonly idempotencyKey: string;
  /** A digest of the entry, which distinguishes a repetition from another use of its key; '' if any content is a repetition. */
  readonly content: number | '';
  readonly text: string;
}

/** The inbox of each conversation in Redis. Every operation is one command, and one step for Redis. */
export function createInbox({ redis, prefix, dedupSeconds }: InboxOptions): RedisInbox {
  const append = defineFencedScript(redis, new URL('./append.lua', import.meta.url));
  const settle = defineScript(redis, new URL('./settle.lua', import.meta.url));
  const keys = createKeys(prefix);
  // The bytes of items that are not UTF-8: their `raw` would not name them exactly.
  const damaged = new WeakMap<InboxItem, Buffer>();
  const bytesOf = (item: InboxItem) => damaged.get(item) ?? item.raw;

  // In Lua the first character has the position 1.
  const conversationIdAt = keys.inbox('').length + 1;

  const appendAll = async (entries: readonly Appending[], rememberedSeconds: number, fence: Fence | null) => {
    const named: string[] = [keys.pending];
    const args: (string | number)[] = [rememberedSeconds, conversationIdAt, sizesOfCalls(entries)];
    for (const { conversationId, idempotencyKey, receivedAt, content, text } of entries) {
      named.push(keys.inbox(conversationId), idempotencyKey);
      args.push(receivedAt, content, text);
    }
    named.push(keys.awaiting);
    return appendResults.parse(await append(fence, named, args));
  };
  const appendTogether = createGroupCommit((entries: readonly Appending[]) => appendAll(entries, dedupSeconds, null), MAX_APPEND);

  let calls = 0;
  const toAppending = (entry: InboxEntry, call: number): Appending => {
    const { event, receivedAt, work, id } = entry;
    const { conversationId } = event;
    return {
      call,
      conversationId,
      receivedAt,
      idempotencyKey: keys.seen(work.kind, conversationId, id),
      content: contentDigest(entry),
      text: encodeEntry(entry),
    };
  };

  const toItem = (bytes: Buffer): InboxItem => {
    const raw = bytes.toString('utf8');
    if (isUtf8(bytes)) return { raw, entry: decodeEntry(raw) };
    const item = { raw, entry: null };
    damaged.set(item, bytes);
    return item;
  };

  const settleItems = async (conversationId: string, { remove, replace, awaitsUntil }: Settlement) => {
    const replacements = replace.flatMap(({ item, entry }) => [bytesOf(item), encodeEntry(entry)]);
    const awaits = awaitsUntil === undefined ? '' : (awaitsUntil ?? 0);
    const head = [conversationId, Date.now(), MAX_READ, randomUUID(), awaits, remove.length];
    const named = [
      keys.inbox(conversationId),
      keys.pending,
      keys.settled(conversationId),
      keys.awaiting,
      keys.evidence(conversationId),
    ];
    const [settled, remaining, evidence] = settleResult.parse(
      await settle(named, [...head, ...remove.map(bytesOf), ...replacements]),
    );
    return { settled: settled === 1, remaining, evidence };
  };

  return {
    append: async (entries, fence = null) => {
      if (entries.length === 0) return [];
      const call = ++calls;
      const appending = entries.map((entry) => toAppending(entry, call));
      const results = await (fence === null ? appendTogether(appending) : appendAll(appending, dedupSeconds, fence));
      const position = results.indexOf(KEY_REUSED);
      const reused = entries[position];
      if (reused !== undefined) throw new KeyReusedError(position, reused.event.conversationId);
      return results.map(toAppended);
    },

    requeue: async (conversationId, text, replayId) => {
      const idempotencyKey = keys.replayed(replayId);
      const replayed = { call: ++calls, conversationId, receivedAt: Date.now(), idempotencyKey, content: '', text } as const;
      const [result] = await appendAll([replayed], REPLAY_REMEMBERED_SECONDS, null);
      if (result === undefined) throw new Error('the append returned nothing for the entry');
      return toAppended(result);
    },

    read: async (conversationId, limit, { from = 0, maxBytes = Number.POSITIVE_INFINITY } = {}) => {
      const key = keys.inbox(conversationId);
      const range = (start: number, end: number) => redis.lrangeBuffer(key, start, end - 1);
      const stored = await readWithin(range, { from, end: Math.min(from + limit, MAX_READ), maxBytes });
      // Redis lost the inbox but not its pending mark (eviction). Without this the sweeper would schedule it forever.
      if (stored.length === 0 && from === 0) await settleItems(conversationId, { remove: [], replace: [], awaitsUntil: null });
      return stored.map(toItem);
    },

    settle: settleItems,

    listPending: (before, offset, limit) => redis.zrangebyscore(keys.pending, '-inf', `(${before}`, 'LIMIT', offset, limit),

    readStats: async () => {
      const [pendingConversations, oldest] = await Promise.all([
        redis.zcard(keys.pending),
        redis.call('ZRANGE', keys.pending, 0, 0, 'WITHSCORES') as Promise<(string | string[])[]>,
      ]);
      const score = oldest.flat()[1]; // [member, score] in RESP2, [[member, score]] in RESP3
      const oldestPendingAgeSeconds = score === undefined ? 0 : Math.max(0, (Date.now() - Number(score)) / 1_000);
      return { pendingConversations, oldestPendingAgeSeconds };
    },
  };
}

/** The content that a repetition repeats: the topic and body of an event, the target and actions of a command. */
function contentDigest({ event, work }: InboxEntry): number {
  const content = work.kind === 'command' ? [work.target, work.actions] : [event.topic, event.body];
  return Number.parseInt(hash('sha256', contentText(content)).slice(0, CONTENT_DIGEST_LENGTH), 16);
}

/** How many entries each call has, in the order of the calls. */
function sizesOfCalls(entries: readonly Appending[]): string {
  const sizes: number[] = [];
  for (const [index, { call }] of entries.entries()) {
    if (call === entries[index - 1]?.call) sizes[sizes.length - 1] = (sizes.at(-1) ?? 0) + 1;
    else sizes.push(1);
  }
  return sizes.join(' ');
}

/** See `append.lua`. */
function toAppended(result: number): Appended {
  return { status: result >= 2 ? 'accepted' : 'duplicate', needsJob: result === 1 || result === 3 };
}
