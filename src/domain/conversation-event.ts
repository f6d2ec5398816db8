/**
 * The glossary. The code uses exactly these words.
 *
 * - **delivery**: one signed HTTP request of a sender; holds one event or an array of events.
 * - **envelope**: the vendor's wrapping of an event (EventBridge, notification, flat).
 * - **event**: one thing that happened to one conversation; what rules match.
 * - **conversation**: a Genesys Cloud conversation, the resource that actions change.
 * - **participant**: one party of a conversation (customer, agent, acd, ...). Actions patch a participant.
 * - **communication**: one call, chat, email ... leg of a participant; Genesys events name it `sessionId`.
 * - **topic**: what kind of event it is; the id inside a topic is written `{id}`.
 * - **entry**: an event (or a command) waiting in its conversation's inbox.
 * - **command**: actions asked for over HTTP instead of by a rule.
 * - **rule**: when an event matches, do these actions.
 * - **action**: `setAttributes`, `applyWrapup` or `transfer`.
 * - **outcome**: how one action of one entry ended: applied, unchanged, skipped or dead-lettered.
 * - **batch**: the entries of one conversation that are processed together.
 * - **dead letter**: an entry whose action can't be done, kept for a person to see and retry.
 */

/** The media types Genesys names; an open list, in upper case as in detail events. */
export type MediaType = string;

/** An event as rules see it. Every field is always there and is `null` when the event lacks it. */
export interface ConversationEvent {
  /** The idempotency key: a delivery header, the envelope's own id, or a SHA-256 of the canonical JSON. */
  readonly id: string;
  /** Ids inside the topic are replaced by `{id}`, for example `v2.detail.events.conversation.{id}.customer.start`. */
  readonly topic: string;
  readonly conversationId: string;
  /** ISO 8601 in UTC with milliseconds. When the event has no time: when it was received. */
  readonly occurredAt: string;
  readonly participantId: string | null;
  /** The vendor's `sessionId`. */
  readonly communicationId: string | null;
  readonly userId: string | null;
  readonly queueId: string | null;
  readonly mediaType: MediaType | null;
  readonly direction: string | null;
  readonly ani: string | null;
  readonly dnis: string | null;
  /** The remote party's address where the event has one (`address`, or `addressFrom`/`addressTo` by direction). */
  readonly address: string | null;
  readonly correlationId: string | null;
  /** The vendor's event body, untouched. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** Every field that an event may lack, set to `null`: the base of an event of which little is known. */
export const NO_DETAILS = {
  participantId: null,
  communicationId: null,
  userId: null,
  queueId: null,
  mediaType: null,
  direction: null,
  ani: null,
  dnis: null,
  address: null,
  correlationId: null,
} as const satisfies Partial<ConversationEvent>;
