import { z } from 'zod';
import type { InboxEntry, Work } from '../domain/inbox-entry.ts';
import { isObject } from '../domain/json-object.ts';
import type { Outcome } from '../domain/outcome.ts';
import { parseStored } from '../redis/parse-stored.ts';

const text = z.string();
const textOrNull = z.string().nullable();
const object = z.custom<Readonly<Record<string, unknown>>>(isObject);

/**
 * Kinds, reasons and names are lists that grow from release to release. An older release must pass on those of a newer one
 * unchanged. So the schemas check the shape of an entry, and not these lists.
 */
export const outcomeSchema = z.looseObject({
  kind: text,
  reason: text,
  detail: text,
  rule: textOrNull,
  participantId: textOrNull,
}) as unknown as z.ZodType<Outcome>;

const work = z.discriminatedUnion('kind', [
  z.looseObject({ kind: z.literal('rules'), rules: z.array(text) }),
  z.looseObject({ kind: z.literal('command'), target: object.nullable(), actions: z.array(z.looseObject({ type: text })) }),
]) as unknown as z.ZodType<Work>;

const eventSchema = z.looseObject({
  id: text,
  topic: text,
  conversationId: text,
  occurredAt: text,
  participantId: textOrNull,
  communicationId: textOrNull,
  userId: textOrNull,
  queueId: textOrNull,
  mediaType: textOrNull,
  direction: textOrNull,
  ani: textOrNull,
  dnis: textOrNull,
  address: textOrNull,
  correlationId: textOrNull,
  body: object,
});

/** Only hookpatch writes entries, so this protects against other versions and damage, not against a sender. */
export const entrySchema: z.ZodType<InboxEntry> = z.looseObject({
  version: z.literal(1),
  id: text,
  receivedAt: z.number(),
  event: eventSchema,
  work,
  traceparent: text,
  attempts: z.number(),
  replayed: z.literal(true).exactOptional(),
  unknownSince: z.number().exactOptional(),
  outcomes: z.record(text, outcomeSchema),
});

/**
 * As stored: JSON that begins with `version` and `receivedAt`, so that `settle.lua` can read the age of an inbox's head without
 * decoding the rest.
 */
export function encodeEntry(entry: InboxEntry): string {
  const { version, receivedAt, id, event, work, traceparent, attempts, outcomes, replayed, unknownSince } = entry;
  // JSON omits undefined members.
  const stored: Record<keyof InboxEntry, unknown> = {
    version,
    receivedAt,
    id,
    event,
    work,
    traceparent,
    attempts,
    replayed,
    unknownSince,
    outcomes,
  };
  return JSON.stringify(stored);
}

/** `null` when the text is no entry of a version that this release reads. */
export function decodeEntry(text: string): InboxEntry | null {
  return parseStored(entrySchema, text);
}
