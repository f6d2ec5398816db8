import { z } from 'zod';
import type { ActionType } from '../domain/action.ts';
import type { Via } from '../domain/inbox-entry.ts';
import type { OutcomeKind } from '../domain/outcome.ts';
import { packId, unpackId } from './pack-id.ts';
import type { EndedLine, ReceivedLine, StoryCall, StoryLine, StoryOutcome, StoryVerdict, WaitingLine } from './story-line.ts';

/** The format is positional and short, because a busy installation keeps some hundred bytes for each of its events. */
const DETAIL_PREFIX = 'v2.detail.events.conversation.{id}.';
const MAX_TEXT = 200;

const VERDICT_LETTERS = {
  matched: 'm',
  'condition-false': 'f',
  'condition-failed': 'x',
  'not-matched': 'n',
} as const satisfies Record<StoryVerdict['verdict'], string>;
const STATUS_LETTERS = { accepted: 'a', duplicate: 'd', ignored: 'i' } as const satisfies Record<ReceivedLine['status'], string>;

const VIA_LETTERS = { webhook: '', notifications: 'n', look: 'l' } as const satisfies Record<Via, string>;
/** Most calls are one of these, with its usual status; anything else is written out. */
const STAGE_LETTERS: Readonly<Record<string, string>> = {
  'get-conversation': 'g',
  'patch-attributes': 'a',
  'patch-wrapup': 'w',
  'post-communication-wrapup': 'c',
  'list-wrapup-codes': 'l',
  'replace-participant': 't',
  'get-queue': 'q',
  'find-queue': 'f',
};

const USUAL_STATUS: Readonly<Record<string, string>> = { a: '202', w: '202', c: '202', t: '202' };
const OK = '200';

const ACTION_LETTERS: Readonly<Record<string, string>> = { setAttributes: 's', applyWrapup: 'w', transfer: 't' };
const KIND_LETTERS = {
  applied: 'a',
  unchanged: 'u',
  skipped: 's',
  shadowed: 'h',
  'dead-lettered': 'd',
} as const satisfies Record<OutcomeKind, string>;

/** The reason of most outcomes of a kind is left empty. */
const USUAL_REASON: Readonly<Partial<Record<OutcomeKind, string>>> = { applied: 'written', unchanged: 'already-set' };

/** Epoch milliseconds in base 36. */
const time = z
  .string()
  .regex(/^[0-9a-z]{1,10}$/)
  .transform((text) => Number.parseInt(text, 36));
const id = z.string();
const nullableId = z.string().nullable();
const eventFields = [id, z.string(), z.string().regex(/^[adi][nl]?$/), z.string(), nullableId] as const;
/** Rule (also by its place among the event's rules), action, kind, reason, participant, correlation id, detail. Nulls at the end are left out. */
const outcome = z
  .array(z.union([z.string(), z.int().min(0), z.null()]))
  .min(4)
  .max(7);
const endFields = [z.array(outcome), z.string()] as const;
const received = z.tuple([z.literal('r'), time, ...eventFields]);
const waiting = z.tuple([z.literal('w'), time, id, z.number(), z.string()]);
const ended = z.tuple([z.literal('e'), time, id, ...endFields]);
/** Both of an event that ended at the first try, as most do: nothing of it is written twice. */
const whole = z.tuple([z.literal('b'), time, ...eventFields, z.number(), ...endFields]);
const storedLines = z.union([received, waiting, ended, whole]);
type StoredOutcome = z.output<typeof outcome>;

/** One line, or the two of an event that ended at the first try. */
export type StoredTogether = readonly [StoryLine] | readonly [ReceivedLine, EndedLine];

export function encodeLines([line, end]: StoredTogether): string {
  return JSON.stringify(end === undefined ? toStored(line) : toWhole(line as ReceivedLine, end));
}

function toStored(line: StoryLine): z.input<typeof storedLines> {
  switch (line.kind) {
    case 'received':
      return ['r', line.at.toString(36), ...toEventFields(line)];
    case 'waiting':
      return ['w', line.at.toString(36), packId(line.eventId), line.until - line.at, line.because.slice(0, MAX_TEXT)];
    case 'ended':
      return ['e', line.at.toString(36), packId(line.eventId), ...toEndFields(line, [])];
  }
}

function toWhole(line: ReceivedLine, end: EndedLine): z.input<typeof whole> {
  return ['b', line.at.toString(36), ...toEventFields(line), end.at - line.at, ...toEndFields(end, namesOf(line.rules))];
}

function toEventFields({ eventId, topic, status, via, rules, traceId }: ReceivedLine) {
  const judged = rules.map(({ rule, verdict }) => VERDICT_LETTERS[verdict] + rule).join(' ');
  const state = STATUS_LETTERS[status] + VIA_LETTERS[via];
  return [packId(eventId), shortTopic(topic), state, judged, packOrNull(traceId)] as const;
}

function toEndFields({ outcomes, calls }: EndedLine, names: readonly string[]) {
  return [outcomes.map((each) => toStoredOutcome(each, names)), shortCalls(calls)] as const;
}

/** The events of a batch have the same list of calls. */
const shortened = new WeakMap<readonly StoryCall[], string>();

function shortCalls(calls: readonly StoryCall[]): string {
  const text = shortened.get(calls) ?? calls.map(shortCall).join(',');
  shortened.set(calls, text);
  return text;
}

function toStoredOutcome(outcome: StoryOutcome, names: readonly string[]): StoredOutcome {
  const { rule, action, kind, reason, detail, participantId, correlationId } = outcome;
  const place = rule === null ? -1 : names.indexOf(rule);
  const stored = [
    place < 0 ? rule : place,
    action === null ? null : (ACTION_LETTERS[action] ?? action),
    KIND_LETTERS[kind],
    reason === USUAL_REASON[kind] ? '' : reason,
    packOrNull(participantId),
    packOrNull(correlationId),
    detail?.slice(0, MAX_TEXT) ?? null,
  ];
  return stored.slice(0, Math.max(4, stored.findLastIndex((field) => field !== null) + 1));
}

function namesOf(rules: readonly StoryVerdict[]): readonly string[] {
  return rules.map(({ rule }) => rule);
}

/** Empty for lines that another release wrote, or that are damaged. */
export function decodeLines(text: string): readonly StoryLine[] {
  try {
    const parsed = storedLines.safeParse(JSON.parse(text));
    return parsed.success ? fromStored(parsed.data) : [];
  } catch {
    return [];
  }
}

function fromStored(stored: z.output<typeof storedLines>): readonly StoryLine[] {
  switch (stored[0]) {
    case 'r': {
      const [, at, ...fields] = stored;
      return [fromEventFields(at, fields)];
    }
    case 'w':
      return [fromWaiting(stored)];
    case 'e': {
      const [, at, eventId, outcomes, calls] = stored;
      return [fromEndFields(at, unpackId(eventId), outcomes, calls, [])];
    }
    case 'b': {
      const [, at, eventId, topic, state, rules, traceId, delayMs, outcomes, calls] = stored;
      const line = fromEventFields(at, [eventId, topic, state, rules, traceId]);
      return [line, fromEndFields(at + delayMs, line.eventId, outcomes, calls, namesOf(line.rules))];
    }
  }
}

type EventFields = readonly [eventId: string, topic: string, state: string, rules: string, traceId: string | null];

function fromEventFields(at: number, [eventId, topic, state, rules, traceId]: EventFields): ReceivedLine {
  return {
    kind: 'received',
    at,
    eventId: unpackId(eventId),
    topic: longTopic(topic),
    status: keyOf(STATUS_LETTERS, state.slice(0, 1)),
    via: keyOf(VIA_LETTERS, state.slice(1)),
    rules: rules === '' ? [] : rules.split(' ').map((each) => ({ rule: each.slice(1), verdict: verdictOf(each) })),
    traceId: unpackOrNull(traceId),
  };
}

function fromWaiting([, at, eventId, waitMs, because]: z.output<typeof waiting>): WaitingLine {
  return { kind: 'waiting', at, eventId: unpackId(eventId), until: at + waitMs, because };
}

function fromEndFields(
  at: number,
  eventId: string,
  outcomes: readonly StoredOutcome[],
  calls: string,
  names: readonly string[],
): EndedLine {
  return {
    kind: 'ended',
    at,
    eventId,
    outcomes: outcomes.map((each) => fromStoredOutcome(each, names)),
    calls: calls === '' ? [] : calls.split(',').map(toCall),
  };
}

function fromStoredOutcome(stored: StoredOutcome, names: readonly string[]): StoryOutcome {
  const [rule, action, letter, reason, participantId, correlationId, detail] = stored.map((field) =>
    typeof field === 'number' ? (names[field] ?? null) : field,
  );
  const kind = keyOf(KIND_LETTERS, letter ?? '');
  return {
    rule: rule ?? null,
    action: action == null ? null : (longOf(ACTION_LETTERS, action) as ActionType),
    kind,
    reason: reason || (USUAL_REASON[kind] ?? ''),
    detail: detail ?? null,
    participantId: unpackOrNull(participantId ?? null),
    correlationId: unpackOrNull(correlationId ?? null),
  };
}

/** Of a short alphabet, so that it can't be taken for another call. */
const PLAIN_ID = /^[\w.:~#=-]{1,64}$/;

function shortCall({ stage, status, correlationId }: StoryCall): string {
  const packed = packId(correlationId ?? '');
  const letter = STAGE_LETTERS[stage] ?? stage;
  const isUsual = letter !== stage && status === (USUAL_STATUS[letter] ?? OK);
  return `${letter}${isUsual ? '' : ` ${status}`}${PLAIN_ID.test(packed) ? `!${packed}` : ''}`;
}

function toCall(text: string): StoryCall {
  const [call = '', packed] = text.split('!');
  const [stage = '', status = USUAL_STATUS[stage] ?? OK] = call.split(' ');
  return { stage: longOf(STAGE_LETTERS, stage), status, correlationId: packed === undefined ? null : unpackId(packed) };
}

function longOf(letters: Readonly<Record<string, string>>, stored: string): string {
  return Object.keys(letters).find((name) => letters[name] === stored) ?? stored;
}

function verdictOf(stored: string): StoryVerdict['verdict'] {
  const letter = Object.values(VERDICT_LETTERS).find((each) => stored.startsWith(each));
  return letter === undefined ? 'not-matched' : keyOf(VERDICT_LETTERS, letter);
}

function keyOf<Key extends string>(letters: Readonly<Record<Key, string>>, letter: string): Key {
  const found = (Object.keys(letters) as Key[]).find((key) => letters[key] === letter);
  if (found === undefined) throw new Error(`no such letter: ${letter}`);
  return found;
}

function shortTopic(topic: string): string {
  return topic.startsWith(DETAIL_PREFIX) ? `~${topic.slice(DETAIL_PREFIX.length)}` : topic.slice(0, MAX_TEXT);
}

function longTopic(topic: string): string {
  return topic.startsWith('~') ? DETAIL_PREFIX + topic.slice(1) : topic;
}

function packOrNull(value: string | null): string | null {
  return value === null ? null : packId(value);
}

function unpackOrNull(value: string | null): string | null {
  return value === null ? null : unpackId(value);
}
