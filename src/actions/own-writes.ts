import { setTimeout as delay, setImmediate as endOfTurn } from 'node:timers/promises';
import { z } from 'zod';
import type { ConversationEvent } from '../domain/conversation-event.ts';
import { digestValues } from '../domain/evidence.ts';
import { isObject } from '../domain/json-object.ts';
import type { Conversation } from '../genesys/genesys-client.ts';
import { communicationsOf } from '../genesys/participant-state.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { defineScript } from '../redis/define-script.ts';
import { createKeys } from '../redis/keys.ts';
import { parseStored } from '../redis/parse-stored.ts';
import type { ActionKind } from './action-kind.ts';

/**
 * Records what hookpatch itself wrote lately. The `.attributes` and `.wrapup` events that Genesys raises for these writes are
 * recognised and do not cause another write.
 */
export interface OwnWrites {
  /** Called before the write is sent, which follows at once; `conversation` as it was fetched. */
  remember(conversationId: string, conversation: Conversation, write: OwnWrite): Promise<Remembered>;
  /** What was written since then (epoch milliseconds): the last digest of each name, by participant. */
  recent(conversationId: string, since: number): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>>;
  /** Whether the event reports nothing but one of our writes. */
  isOwn(event: ConversationEvent): Promise<boolean>;
}

/**
 * The record has left for Redis, and what is sent from now on leaves after it. No event of the conversation is planned before its
 * batch ends, so the batch waits for `stored` at its end and not before the write (docs/decisions/0042-record-and-write.md).
 */
export interface Remembered {
  /** Rejects when Redis refused the record several times. */
  readonly stored: Promise<void>;
}

/** By the names that the kind's `reportedBy` uses. */
export interface OwnWrite {
  readonly participantId: string;
  readonly changes: Readonly<Record<string, string>>;
  /** The values before the write: an event may report all values, or only those that changed. */
  readonly before: Readonly<Record<string, string>>;
}

/** Digests only: attribute values stay out of Redis here. */
interface WriteRecord {
  /**
   * Ids of all other participants: an event about one of these is not ours. (An id that is none of them may be a transient one.)
   */
  readonly others: readonly string[];
  /** Of the participant that was written to; absent in records of an earlier release. */
  readonly userId?: string | undefined;
  readonly communicationIds?: readonly string[] | undefined;
  readonly changes: Readonly<Record<string, string>>;
  readonly before: Readonly<Record<string, string>>;
  /** Epoch milliseconds, and who was written to; absent in records of an earlier release. */
  readonly at?: number | undefined;
  readonly participantId?: string | undefined;
}

const digests = z.record(z.string(), z.string());
const recordSchema: z.ZodType<WriteRecord> = z.object({
  others: z.array(z.string()),
  userId: z.string().optional(),
  communicationIds: z.array(z.string()).optional(),
  changes: digests,
  before: digests,
  at: z.number().optional(),
  participantId: z.string().optional(),
});

/**
 * The echo arrives within seconds but may be processed much later (sender retries, a waiting inbox), so records live for an hour.
 * An event does not use up the record that explains it: one write is reported in two forms (`.wrapup` and `.acw`), and a sender
 * may repeat it under another id. The price: the same value, written by somebody else within the hour, is treated as ours. A
 * shorter time risks rules that trigger themselves.
 */
const REMEMBERED_SECONDS = 3600;
/** Enough for every write of a busy conversation that is still unreported. */
const REMEMBERED_WRITES = 32;
/** Redis refuses a record while it has no memory, or after a fail-over until the new primary is found. */
const TRIES = 4;
const RETRY_MS = 1_000;

export interface OwnWritesOptions {
  readonly redis: RedisConnection;
  readonly prefix: string;
  /** The kinds of action, which know the events that report what they write. */
  readonly kinds: readonly Pick<ActionKind, 'reportedBy'>[];
  /** Whether a write that is sent now may await proof: then events about the conversation are kept as evidence from now on. */
  mayAwaitProof(): boolean;
  /** For tests, which use a shorter pause. Default {@link RETRY_MS}. */
  readonly retryMs?: number;
}

export function createOwnWrites({ redis, prefix, kinds, mayAwaitProof, retryMs = RETRY_MS }: OwnWritesOptions): OwnWrites {
  const store = defineScript(redis, new URL('./remember-write.lua', import.meta.url));
  const keys = createKeys(prefix);
  const read = async (conversationId: string): Promise<readonly WriteRecord[]> => {
    const texts = await redis.lrange(keys.ownWrites(conversationId), 0, -1);
    return texts.flatMap((text) => parseStored(recordSchema, text) ?? []);
  };
  return {
    async remember(conversationId, conversation, { participantId, changes, before }) {
      const others = conversation.participants.flatMap(({ id }) => (id === undefined || id === participantId ? [] : [id]));
      const participant = conversation.participants.find(({ id }) => id === participantId);
      const record: WriteRecord = {
        others,
        userId: participant?.userId,
        communicationIds: participant === undefined ? [] : communicationsOf(participant).flatMap(({ id }) => id ?? []),
        changes: digestValues(changes),
        before: digestValues(before),
        at: Date.now(),
        participantId,
      };
      const named = [keys.ownWrites(conversationId), keys.awaiting];
      const awaits = mayAwaitProof() ? conversationId : '';
      const input = [JSON.stringify(record), REMEMBERED_WRITES, REMEMBERED_SECONDS, awaits];
      const stored = retry(() => store(named, input), retryMs);
      stored.catch(() => undefined); // for a caller that has failed by then
      if (redis.status !== 'ready') await stored;
      else await endOfTurn();
      return { stored };
    },
    async recent(conversationId, since) {
      const found = new Map<string, Record<string, string>>();
      for (const { at = 0, participantId, changes } of await read(conversationId)) {
        if (at < since || participantId === undefined) continue;
        // The newest comes first.
        found.set(participantId, { ...changes, ...found.get(participantId) });
      }
      return found;
    },
    async isOwn(event) {
      const reports = kinds.map((kind) => kind.reportedBy(event)).filter((report) => report !== null);
      if (reports.length === 0) return false;
      const records = await read(event.conversationId);
      return reports.map(digestValues).some((reported) => records.some((record) => explains(record, event, reported)));
    },
  };
}

async function retry(store: () => Promise<unknown>, pauseMs: number): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await store();
      return;
    } catch (error) {
      if (tries === TRIES) throw error;
      await delay(pauseMs);
    }
  }
}

/** True when every reported value was there before or is our change, and at least one is our change. */
function explains(record: WriteRecord, event: ConversationEvent, reported: Readonly<Record<string, string>>): boolean {
  if (isAboutAnother(record, event)) return false;
  const pairs = Object.entries(reported);
  const isChange = ([key, digest]: [string, string]) => record.changes[key] === digest;
  const wasThere = ([key, digest]: [string, string]) => !Object.hasOwn(record.changes, key) && record.before[key] === digest;
  return pairs.some(isChange) && pairs.every((pair) => isChange(pair) || wasThere(pair));
}

/**
 * A participant who joined later is in no record, and an unknown participant id may be a transient one of ours. Then user and
 * communications decide, where both sides name them.
 */
function isAboutAnother({ others, userId, communicationIds = [] }: WriteRecord, event: ConversationEvent): boolean {
  if (event.participantId !== null && others.includes(event.participantId)) return true;
  if (event.userId !== null && userId !== undefined && event.userId !== userId) return true;
  const named = communicationsNamedBy(event);
  return named.length > 0 && communicationIds.length > 0 && !named.some((id) => communicationIds.includes(id));
}

/** An `.attributes` event lists the communications of its participant. */
function communicationsNamedBy({ communicationId, body }: ConversationEvent): readonly string[] {
  if (communicationId !== null) return [communicationId];
  const { communications } = body;
  if (!Array.isArray(communications)) return [];
  return communications.flatMap((each: unknown) => (isObject(each) && typeof each.id === 'string' ? [each.id] : []));
}
