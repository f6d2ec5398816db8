import type { ConversationEvent } from '../domain/conversation-event.ts';
import type { TraceContext } from '../domain/trace-context.ts';

/**
 * The fields of `event` that rules may read, with their meaning; for the reference page, and to refuse a mistyped field when the
 * rules are loaded. The compiler keeps the list complete.
 */
const EVENT_FIELDS: Readonly<Record<keyof ConversationEvent, string>> = {
  id: 'the idempotency key of the event',
  topic: 'the topic, ids replaced by `{id}`',
  conversationId: 'id of the conversation',
  occurredAt: 'when it happened, ISO 8601 in UTC',
  participantId: 'id of the participant, or `null`',
  communicationId: "id of the communication (the vendor's `sessionId`), or `null`",
  userId: 'id of the user, or `null`',
  queueId: 'id of the queue, or `null`',
  mediaType: '`VOICE`, `CHAT`, `EMAIL`, `CALLBACK`, `MESSAGE` ..., or `null`',
  direction: '`INBOUND` or `OUTBOUND`, or `null`',
  ani: "the caller's address, or `null`",
  dnis: 'the address that was called, or `null`',
  address: 'the address of the remote party, or `null`',
  correlationId: "the vendor's correlation id, or `null`",
  body: "the vendor's event body, untouched",
};

const TRACE_FIELDS: Readonly<Record<keyof TraceContext, string>> = {
  traceId: '32 hex digits',
  spanId: '16 hex digits',
  traceparent: 'W3C Trace Context',
  datadogTraceId: 'the low 64 bits of the trace id in decimal',
};

export interface FieldDocs {
  readonly name: string;
  readonly description: string;
}

/** The fields of `event`, in the order in which they are documented. */
export function listEventFields(): readonly FieldDocs[] {
  return Object.entries(EVENT_FIELDS).map(([name, description]) => ({ name, description }));
}

/** Variables whose fields are known before any event comes. `conversation` and `participant` are Genesys's resources: open. */
export const KNOWN_FIELDS: Readonly<Record<string, readonly string[]>> = {
  event: Object.keys(EVENT_FIELDS),
  trace: Object.keys(TRACE_FIELDS),
  rule: ['name'],
};
