import { z } from 'zod';
import type { InboxEntry, Work } from '../domain/inbox-entry.ts';
import { isObject, nestsAtMost } from '../domain/json-object.ts';
import type { Outcome } from '../domain/outcome.ts';
import { parseStored } from '../redis/parse-stored.ts';

const text = z.string();
const textOrNull = z.string().nullable();
const object = z.custom<Readonly<Record<string, unknown>>>(isObject);
/** Epoch milliseconds. A time in the far future would make the entry wait forever; clocks differ by less than a day. */
const time = z
  .int()
  .min(0)
  .check(z.refine((at) => at <= Date.now() + DAY_MS));
const DAY_MS = 86_400_000;

/**
 * Kinds, reasons and names are lists that grow from release to release. An older release must pass on those of a newer one
 * unchanged. So the schemas check the shape of an entry, and not these lists.
 */
export const outcomeSchema = z.looseObject({
  kind: text,
  reason: text,
  detail: text,
  rule: textOrNull,
  action: textOrNull,
  participantId: textOrNull,
  genesys: z.looseObject({ status: z.number().nullable(), code: text, message: text, correlationId: textOrNull }).exactOptional(),
}) as unknown as z.ZodType<Outcome>;

/** Each of them by its key; the record of zod looks over one named `__proto__`. */
const outcomes = z.custom<Readonly<Record<string, Outcome>>>(
  (value) => isObject(value) && Object.values(value).every((outcome) => outcomeSchema.safeParse(outcome).success),
);

const target = z.looseObject({
  participantId: text.exactOptional(),
  communicationId: text.exactOptional(),
  userId: text.exactOptional(),
  address: text.exactOptional(),
  purpose: text.exactOptional(),
});

const work = z.discriminatedUnion('kind', [
  z.looseObject({ kind: z.literal('rules'), rules: z.array(text).min(1) }),
  z.looseObject({ kind: z.literal('look'), topics: z.array(text) }),
  z.looseObject({
    kind: z.literal('command'),
    target: target.nullable(),
    actions: z.array(z.looseObject({ type: text })).min(1),
  }),
]) as unknown as z.ZodType<Work>;

const eventSchema = z.looseObject({
  id: text,
  topic: text,
  conversationId: text,
  occurredAt: text.check(z.refine((at) => !Number.isNaN(Date.parse(at)))),
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

/** Deliveries and commands nest half as deep. */
const MOST_LEVELS = 200;

/** Only hookpatch writes entries, so this protects against other versions and damage, not against a sender. */
export const entrySchema: z.ZodType<InboxEntry> = z
  .looseObject({
    version: z.literal(1),
    id: text,
    receivedAt: time,
    event: eventSchema,
    work,
    traceparent: text,
    attempts: z.int().min(0),
    replayed: z.literal(true).exactOptional(),
    unknownSince: time.exactOptional(),
    outcomes,
  })
  .check(z.refine((entry) => nestsAtMost(MOST_LEVELS, entry)));

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
