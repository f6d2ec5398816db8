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
/** Most calls are one of these; another one is written out. */
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

const id = z.string();
const nullableId = z.string().nullable();
const received = z.tuple([z.literal('r'), z.number(), id, z.string(), z.string().regex(/^[adi][nl]?$/), z.string(), nullableId]);
const waiting = z.tuple([z.literal('w'), z.number(), id, z.number(), z.string()]);
const outcome = z.tuple([
  nullableId,
  z.string().nullable(),
  z.string(),
  z.string(),
  z.string().nullable(),
  nullableId,
  nullableId,
]);
const ended = z.tuple([z.literal('e'), z.number(), id, z.array(outcome), z.string()]);
const storedLine = z.union([received, waiting, ended]);

export function encodeLine(line: StoryLine): string {
  return JSON.stringify(toStored(line));
}

function toStored(line: StoryLine): z.input<typeof storedLine> {
  const { at } = line;
  const eventId = packId(line.eventId);
  switch (line.kind) {
    case 'received': {
      const rules = line.rules.map(({ rule, verdict }) => VERDICT_LETTERS[verdict] + rule).join(' ');
      return [
        'r',
        at,
        eventId,
        shortTopic(line.topic),
        STATUS_LETTERS[line.status] + VIA_LETTERS[line.via],
        rules,
        packOrNull(line.traceId),
      ];
    }
    case 'waiting':
      return ['w', at, eventId, line.until - at, line.because.slice(0, MAX_TEXT)];
    case 'ended': {
      const calls = line.calls.map(shortCall).join(',');
      return ['e', at, eventId, line.outcomes.map(toStoredOutcome), calls];
    }
  }
}

function toStoredOutcome({ rule, action, kind, reason, detail, participantId, correlationId }: StoryOutcome) {
  const text = detail?.slice(0, MAX_TEXT) ?? null;
  return [rule, action, kind, reason, text, packOrNull(participantId), packOrNull(correlationId)] satisfies z.input<
    typeof outcome
  >;
}

/** `null` for a line that another release wrote, or that is damaged. */
export function decodeLine(text: string): StoryLine | null {
  try {
    const parsed = storedLine.safeParse(JSON.parse(text));
    return parsed.success ? fromStored(parsed.data) : null;
  } catch {
    return null;
  }
}

function fromStored(stored: z.output<typeof storedLine>): StoryLine {
  switch (stored[0]) {
    case 'r':
      return fromReceived(stored);
    case 'w':
      return fromWaiting(stored);
    case 'e':
      return fromEnded(stored);
  }
}

function fromReceived([, at, eventId, topic, status, rules, traceId]: z.output<typeof received>): ReceivedLine {
  return {
    kind: 'received',
    at,
    eventId: unpackId(eventId),
    topic: longTopic(topic),
    status: keyOf(STATUS_LETTERS, status.slice(0, 1)),
    via: keyOf(VIA_LETTERS, status.slice(1)),
    rules: rules === '' ? [] : rules.split(' ').map((each) => ({ rule: each.slice(1), verdict: verdictOf(each) })),
    traceId: unpackOrNull(traceId),
  };
}

function fromWaiting([, at, eventId, waitMs, because]: z.output<typeof waiting>): WaitingLine {
  return { kind: 'waiting', at, eventId: unpackId(eventId), until: at + waitMs, because };
}

function fromEnded([, at, eventId, outcomes, calls]: z.output<typeof ended>): EndedLine {
  return {
    kind: 'ended',
    at,
    eventId: unpackId(eventId),
    outcomes: outcomes.map(([rule, action, kind, reason, detail, participantId, correlationId]) => ({
      rule,
      action: action as ActionType | null,
      kind: kind as OutcomeKind,
      reason,
      detail,
      participantId: unpackOrNull(participantId),
      correlationId: unpackOrNull(correlationId),
    })),
    calls: calls === '' ? [] : calls.split(',').map(toCall),
  };
}

/** Of a short alphabet, so that it can't be taken for another call. */
const PLAIN_ID = /^[\w.:~#=-]{1,64}$/;

function shortCall({ stage, status, correlationId }: StoryCall): string {
  const packed = packId(correlationId ?? '');
  return `${STAGE_LETTERS[stage] ?? stage} ${status}${PLAIN_ID.test(packed) ? ` ${packed}` : ''}`;
}

function toCall(text: string): StoryCall {
  const [stage = '', status = '', packed] = text.split(' ');
  const named = Object.keys(STAGE_LETTERS).find((name) => STAGE_LETTERS[name] === stage);
  return { stage: named ?? stage, status, correlationId: packed === undefined ? null : unpackId(packed) };
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
