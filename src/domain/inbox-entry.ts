import type { Action, Target } from './action.ts';
import type { ConversationEvent } from './conversation-event.ts';
import type { AwaitedProof } from './evidence.ts';
import type { Outcome } from './outcome.ts';
import { createTraceContext, parseTraceparent, type TraceContext } from './trace-context.ts';

/**
 * The work of an entry: the rules that matched when it was received, the actions of a command, or a look at the conversation as it
 * is now. What a look sees is taken in as a snapshot that came from one of `topics`; without topics, from any queue or user.
 */
export type Work =
  | { readonly kind: 'rules'; readonly rules: readonly string[] }
  | { readonly kind: 'look'; readonly topics: readonly string[] }
  | { readonly kind: 'command'; readonly target: Target | null; readonly actions: readonly Action[] };

/** The only event of a delivery, as the sender wrote it: what parsing returned follows from it again. */
export interface SentEvent {
  readonly text: string;
  /** The idempotency key of the delivery; `null`: it had none, and the id is in the text or follows from it. */
  readonly deliveryKey: string | null;
}

/** How an event came: over HTTP, over a notification channel, or from a look at its conversation after a gap. */
export type Via = 'webhook' | 'notifications' | 'look';

/** Why a rule whose topic fits did not match: its condition was false, or could not be evaluated. */
export type Missed = 'condition-false' | 'condition-failed';

/**
 * One event (or command) waiting in its conversation's inbox. It has two stored forms (`inbox/entry-format.ts`): version 1 is all
 * of it written out, version 2 a short header and the event as it was sent. A change that an older reader can't read gets another
 * version, and the release that introduces it reads all of them.
 */
export interface InboxEntry {
  readonly version: 1 | 2;
  /** The idempotency key. An entry that a retry put back has the same key, so an inbox can hold the key twice. */
  readonly id: string;
  readonly event: ConversationEvent;
  /** Version 2 only. */
  readonly sent?: SentEvent;
  readonly work: Work;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  /** W3C `traceparent` of the delivery that brought it. */
  readonly traceparent: string;
  /** Default: the webhook. */
  readonly via?: Exclude<Via, 'webhook'>;
  /** The other rules whose topic fits, by name; for people. */
  readonly missed?: Readonly<Record<string, Missed>>;
  /** Tries at a transient failure so far; counted here and not on the job, which serves many entries. */
  readonly attempts: number;
  /** Put back by a person who retried its dead letter; such an entry is never too old. */
  readonly replayed?: true;
  /**
   * Epoch milliseconds at which a worker first found that it does not know all of the entry's rules or actions; kept while no
   * worker does.
   */
  readonly unknownSince?: number;
  /** Writes that were sent and not seen yet, by action key; absent when there are none. */
  readonly awaits?: Readonly<Record<string, AwaitedProof>>;
  /** Outcomes reached so far, by action key: a retried entry never repeats what it has finished. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
}

/** When and how an entry came in, and in which trace. */
export interface EntryOrigin extends Pick<InboxEntry, 'receivedAt' | 'traceparent' | 'missed'> {
  readonly via: Via;
}

/** The only way to make an entry; none of its work is done yet. `sent` is what the event was parsed from. */
export function newEntry(
  event: ConversationEvent,
  work: Work,
  { via, ...origin }: EntryOrigin,
  sent: SentEvent | null = null,
): InboxEntry {
  const entry = { id: event.id, event, work, ...origin, ...(via === 'webhook' ? {} : { via }), attempts: 0, outcomes: {} };
  return sent === null ? { version: 1, ...entry } : { version: 2, ...entry, sent };
}

/** The entry in the form that needs nothing but itself. */
export function writtenOut({ sent: _, ...entry }: InboxEntry): InboxEntry {
  return { ...entry, version: 1 };
}

/** An entry is replaced and never changed, so what was parsed of it stays true. */
const traces = new WeakMap<InboxEntry, TraceContext>();

/** The trace of the delivery that brought an entry, parsed once for each entry; a fresh one if its text is damaged. */
export function traceOf(entry: InboxEntry): TraceContext {
  const known = traces.get(entry);
  if (known !== undefined) return known;
  const trace = parseTraceparent(entry.traceparent) ?? createTraceContext();
  traces.set(entry, trace);
  return trace;
}
