import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ConversationEvent } from '../domain/conversation-event.ts';
import type { Conversation } from '../genesys/genesys-client.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { defineScript } from '../redis/define-script.ts';
import { createKeys } from '../redis/keys.ts';
import { parseStored } from '../redis/parse-stored.ts';

type Attributes = Readonly<Record<string, string>>;

/**
 * What hookpatch itself wrote lately, so that the `.attributes` and `.wrapup` events that Genesys raises for it are
 * recognised and not answered with another write.
 */
export interface OwnWrites {
  /** Before the write is sent: `conversation` is what was fetched, for an event may show all attributes or only the changed ones. */
  rememberAttributes(conversation: Conversation, participantId: string, changes: Attributes): Promise<void>;
  rememberWrapup(conversation: Conversation, participantId: string, code: string): Promise<void>;
  /** Whether the event reports nothing but one of our writes. */
  isOwn(event: ConversationEvent): Promise<boolean>;
}

/** Digests only: attribute values stay out of Redis here. */
interface WriteRecord {
  /** Every other participant there was: an event about one of these is not ours. (An id that is none of them may be a transient one.) */
  readonly others: readonly string[];
  readonly changes: Readonly<Record<string, string>>;
  readonly before: Readonly<Record<string, string>>;
}

const digests = z.record(z.string(), z.string());
const recordSchema: z.ZodType<WriteRecord> = z.object({ others: z.array(z.string()), changes: digests, before: digests });

/**
 * An event of ours is raised within seconds, but asked about when it is processed: an hour covers a sender that retries, and an inbox that
 * had to wait. A record is not used up by the event that it explains: one write is reported in two forms (`.wrapup` and `.acw`), and again
 * under another id by a sender that repeats. The price is that the same value, written by somebody else within the hour, is taken for
 * ours; the price of a record that is gone too early is a rule that sets itself off without end.
 */
const REMEMBERED_SECONDS = 3600;
/** Enough for every write of a busy conversation that is still unreported. */
const REMEMBERED_WRITES = 32;
const ATTRIBUTES_TOPIC = /\.attributes$/;
const WRAPUP_TOPIC = /\.(?:wrapup|acw)$/;
const WRAPUP_KEY = 'wrapup code';

export function createOwnWrites({ redis, prefix }: { redis: RedisConnection; prefix: string }): OwnWrites {
  const store = defineScript(redis, new URL('./remember-write.lua', import.meta.url));
  const keys = createKeys(prefix);

  async function remember(
    conversation: Conversation,
    participantId: string,
    written: Omit<WriteRecord, 'others'>,
  ): Promise<void> {
    const key = keys.ownWrites(conversation.id ?? '');
    const ids = conversation.participants.flatMap(({ id }) => (id === undefined || id === participantId ? [] : [id]));
    const record: WriteRecord = { others: ids, ...written };
    await store([key], [JSON.stringify(record), REMEMBERED_WRITES, REMEMBERED_SECONDS]);
  }

  return {
    rememberAttributes: (conversation, participantId, changes) => {
      const before = conversation.participants.find(({ id }) => id === participantId)?.attributes ?? {};
      return remember(conversation, participantId, { changes: digestValues(changes), before: digestValues(before) });
    },
    rememberWrapup: (conversation, participantId, code) =>
      remember(conversation, participantId, { changes: digestValues({ [WRAPUP_KEY]: code }), before: {} }),
    async isOwn(event) {
      const reported = reportedBy(event);
      if (reported === null) return false;
      const records = await redis.lrange(keys.ownWrites(event.conversationId), 0, -1);
      return records.some((text) => {
        const record = parseStored(recordSchema, text);
        return record !== null && explains(record, event, reported);
      });
    },
  };
}

/** What the event says is set now, as digests; `null` when it is not such an event. */
function reportedBy(event: ConversationEvent): Record<string, string> | null {
  if (WRAPUP_TOPIC.test(event.topic)) {
    const code = event.body.wrapupCode;
    return typeof code === 'string' ? digestValues({ [WRAPUP_KEY]: code }) : null;
  }
  if (!ATTRIBUTES_TOPIC.test(event.topic)) return null;
  const { attributes } = event.body;
  if (typeof attributes !== 'object' || attributes === null || Array.isArray(attributes)) return null;
  return digestValues(attributes as Record<string, unknown>);
}

/** True when all that is reported was there before or is our change, and something of it is our change. */
function explains(record: WriteRecord, event: ConversationEvent, reported: Readonly<Record<string, string>>): boolean {
  if (event.participantId !== null && record.others.includes(event.participantId)) return false;
  const pairs = Object.entries(reported);
  const isChange = ([key, digest]: [string, string]) => record.changes[key] === digest;
  const wasThere = ([key, digest]: [string, string]) => !Object.hasOwn(record.changes, key) && record.before[key] === digest;
  return pairs.some(isChange) && pairs.every((pair) => isChange(pair) || wasThere(pair));
}

function digestValues(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, digest(value)]));
}

function digest(value: unknown): string {
  return createHash('sha256').update(String(value)).digest('base64url').slice(0, 22);
}
