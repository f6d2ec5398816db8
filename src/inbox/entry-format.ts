import { z } from 'zod';
import type { ConversationEvent } from '../domain/conversation-event.ts';
import { isAboutConversation } from '../domain/delivered-event.ts';
import type { InboxEntry, SentEvent, Work } from '../domain/inbox-entry.ts';
import { isObject, nestsAtMost } from '../domain/json-object.ts';
import type { Outcome } from '../domain/outcome.ts';
import { EnvelopeError } from '../envelopes/envelope-error.ts';
import { parseDeliveryText } from '../envelopes/parse-delivery.ts';
import { parseStored } from '../redis/parse-stored.ts';

const text = z.string();
const textOrNull = z.string().nullable();
const object = z.custom<Readonly<Record<string, unknown>>>(isObject);
/** Epoch milliseconds. A time in the far future would make the entry wait forever; clocks differ by less than a day. */
const time = z.number().check(z.refine(isTime));
const DAY_MS = 86_400_000;

function isTime(at: number): boolean {
  return Number.isSafeInteger(at) && at >= 0 && at <= Date.now() + DAY_MS;
}

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

const awaits = z.record(
  text,
  z.looseObject({ sentAt: time, participantId: text, changes: z.record(text, text), reason: text, detail: text }),
) as unknown as z.ZodType<NonNullable<InboxEntry['awaits']>>;

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

const via = z.enum(['notifications', 'look']);
const missed = z.record(z.string(), z.enum(['condition-false', 'condition-failed']));

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
    via: via.exactOptional(),
    missed: missed.exactOptional(),
    attempts: z.int().min(0),
    replayed: z.literal(true).exactOptional(),
    unknownSince: time.exactOptional(),
    awaits: awaits.exactOptional(),
    outcomes,
  })
  .check(z.refine((entry) => nestsAtMost(MOST_LEVELS, entry)));

/**
 * As stored. `settle.lua` reads the time of receipt from the beginning of either form, without decoding the rest.
 *
 * Version 1 is JSON that begins with `version` and `receivedAt`. Commands, edges, and events that shared a delivery with others
 * have it, because no text of their own was sent for them.
 *
 * Version 2 is a header of one line and the delivery as it was sent, which is cheaper to write and smaller:
 *
 *     2 <receivedAt> <traceparent> <rules, separated by commas>[ <JSON of a Rest>]
 *     <the delivery>
 */
export function encodeEntry(entry: InboxEntry): string {
  const { sent, work, receivedAt, traceparent } = entry;
  if (sent === undefined || work.kind !== 'rules' || !work.rules.every(isPlain) || !isPlain(traceparent)) return writeOut(entry);
  return `2 ${receivedAt} ${traceparent} ${work.rules.join(',')}${restOf(entry, sent)}\n${sent.text}`;
}

/** The names of rules are in kebab-case; anything else goes into the written-out form. */
const PLAIN = /^[A-Za-z0-9-]{1,200}$/;

function isPlain(text: string): boolean {
  return PLAIN.test(text);
}

/** What most entries lack: the key of the delivery, and the progress of an entry that was tried before. */
const restSchema = z.looseObject({
  key: text.exactOptional(),
  via: via.exactOptional(),
  missed: missed.exactOptional(),
  attempts: z.int().min(0).exactOptional(),
  replayed: z.literal(true).exactOptional(),
  unknownSince: time.exactOptional(),
  awaits: awaits.exactOptional(),
  outcomes: outcomes.exactOptional(),
});

function restOf(entry: InboxEntry, { deliveryKey }: SentEvent): string {
  const { via, missed, attempts, replayed, unknownSince, awaits, outcomes } = entry;
  const rest: z.infer<typeof restSchema> = {
    ...(deliveryKey === null ? {} : { key: deliveryKey }),
    ...(via === undefined ? {} : { via }),
    ...(missed === undefined ? {} : { missed }),
    ...(attempts === 0 ? {} : { attempts }),
    ...(replayed === undefined ? {} : { replayed }),
    ...(unknownSince === undefined ? {} : { unknownSince }),
    ...(awaits === undefined ? {} : { awaits }),
    ...(Object.keys(outcomes).length === 0 ? {} : { outcomes }),
  };
  return Object.keys(rest).length === 0 ? '' : ` ${JSON.stringify(rest)}`;
}

function writeOut(entry: InboxEntry): string {
  const { receivedAt, id, event, work, traceparent, via, missed, attempts, outcomes, replayed, unknownSince, awaits } = entry;
  // JSON omits undefined members.
  const stored: Record<Exclude<keyof InboxEntry, 'sent'>, unknown> = {
    version: 1,
    receivedAt,
    id,
    event,
    work,
    traceparent,
    via,
    missed,
    attempts,
    replayed,
    unknownSince,
    awaits,
    outcomes,
  };
  return JSON.stringify(stored);
}

/** `null` when the text is no entry of a version that this release reads. */
export function decodeEntry(text: string): InboxEntry | null {
  return text.startsWith('2 ') ? decodeSent(text) : parseStored(entrySchema, text);
}

const HEADER = /^2 (\d{1,16}) ([A-Za-z0-9-]{1,200}) ([A-Za-z0-9,-]+)(?: (\{.*\}))?$/s;

/** With the checks that the delivery passed when it came. */
function decodeSent(stored: string): InboxEntry | null {
  const end = stored.indexOf('\n');
  const [, at, traceparent, names, more] = HEADER.exec(stored.slice(0, Math.max(end, 0))) ?? [];
  const receivedAt = Number(at);
  const rest = more === undefined ? {} : parseStored(restSchema, more);
  if (traceparent === undefined || names === undefined || rest === null || !isTime(receivedAt)) return null;
  const rules = names.split(',');
  const sent = { text: stored.slice(end + 1), deliveryKey: rest.key ?? null };
  const event = readSent(sent, receivedAt);
  if (event === null || !rules.every(isPlain)) return null;
  const { via, missed, replayed, unknownSince, awaits } = rest;
  return {
    version: 2,
    id: event.id,
    event,
    sent,
    work: { kind: 'rules', rules },
    receivedAt,
    traceparent,
    ...(via === undefined ? {} : { via }),
    ...(missed === undefined ? {} : { missed }),
    attempts: rest.attempts ?? 0,
    ...(replayed === undefined ? {} : { replayed }),
    ...(unknownSince === undefined ? {} : { unknownSince }),
    ...(awaits === undefined ? {} : { awaits }),
    outcomes: rest.outcomes ?? {},
  };
}

/** `null` when it is not one event about a conversation. */
function readSent({ text, deliveryKey }: SentEvent, receivedAt: number): ConversationEvent | null {
  try {
    const [event, ...others] = parseDeliveryText(text, { receivedAt, deliveryKey });
    return event !== undefined && others.length === 0 && isAboutConversation(event) ? event : null;
  } catch (error) {
    if (error instanceof EnvelopeError) return null;
    throw error;
  }
}
