/**
 * The names of all spans and of our own attributes, in one place; docs/telemetry.md lists them and a test compares the two.
 * OpenTelemetry's own names (HTTP, messaging, database, errors) are written where they are used.
 */
export const SPAN = {
  /** Signature (or API key) of a delivery. */
  verify: 'hookpatch.verify',
  /** Envelope to events. */
  parse: 'hookpatch.parse',
  /** PRODUCER: everything that makes the events durable, the inbox and the job. */
  send: 'send conversations',
  /** CONSUMER: one batch of a conversation, or one event of it in its own trace. */
  process: 'process conversations',
  /** Resolving participants and rendering actions, for the conversation just fetched. */
  plan: 'hookpatch.plan',
  /** Reading back the written values, until they are visible. */
  confirm: 'hookpatch.confirm',
} as const;

/** Span events. */
export const SPAN_EVENT = {
  /** How one action of one event ended. */
  outcome: 'hookpatch.action.ended',
} as const;

/** Values are ids, closed lists and numbers; never a secret, a signature, a token or the value of an attribute. */
export const ATTRIBUTE = {
  /** `signature`, `api-key`, or why neither verified. */
  verification: 'hookpatch.verification',
  /** How many events of a delivery got this result. */
  eventsAccepted: 'hookpatch.events.accepted',
  eventsDuplicate: 'hookpatch.events.duplicate',
  eventsIgnored: 'hookpatch.events.ignored',
  /** Events in a batch. */
  eventCount: 'hookpatch.event.count',
  eventId: 'hookpatch.event.id',
  /** Ids replaced by `{id}`. */
  eventTopic: 'hookpatch.event.topic',
  /** Tries at a transient failure before this one. */
  eventAttempts: 'hookpatch.event.attempts',
  rule: 'hookpatch.rule',
  action: 'hookpatch.action',
  /** `applied`, `unchanged`, `skipped` or `dead-lettered`. */
  outcome: 'hookpatch.outcome',
  outcomeReason: 'hookpatch.outcome.reason',
  /** One sentence for the person on call. */
  outcomeDetail: 'hookpatch.outcome.detail',
  conversationId: 'genesys.conversation.id',
  participantId: 'genesys.participant.id',
  /** For a transfer: its destination queue; otherwise the queue of the event. */
  queueId: 'genesys.queue.id',
  /** For a transfer: its destination user; otherwise the agent of the event. */
  userId: 'genesys.user.id',
  /** `queue`, `user`, `address` or `contact`. */
  destinationKind: 'genesys.transfer.destination',
  /** `tel`, `sip`, `sips`, `mailto` or `other`; never the address. */
  addressKind: 'genesys.transfer.address_kind',
  wrapupCode: 'genesys.wrapup.code',
  /** `CorrelationId` of the event, as Genesys sent it. */
  eventCorrelationId: 'hookpatch.event.correlation_id',
  /** Stable name of the Platform API call, as in the metrics. */
  call: 'genesys.call',
  /** How long the call waited for its turn under the rate budget and for a token. */
  pacingWaitMs: 'genesys.pacing.wait_ms',
  /** Genesys's `code` of an error. */
  errorCode: 'genesys.error.code',
  /** `ININ-Correlation-Id`: Genesys support asks for it. */
  correlationId: 'genesys.correlation_id',
} as const;
