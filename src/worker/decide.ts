import { NotReadyYet, StepRefused, StillRinging } from '../actions/step.ts';
import type { OutcomeReason } from '../domain/outcome.ts';
import type { FailureClass } from '../genesys/failure-class.ts';
import { GenesysError, type GenesysStage } from '../genesys/genesys-error.ts';
import { RenderError } from '../rules/rule-set.ts';

/** The consequence of a failure. */
export type Decision =
  /** Fetch, plan again, and repeat once immediately. */
  | { readonly kind: 'repeat' }
  /** Try again after the backoff; costs an attempt. */
  | { readonly kind: 'backoff' }
  /** Try again at `until` (epoch milliseconds); costs no attempt. */
  | { readonly kind: 'wait'; readonly until: number }
  | { readonly kind: 'dead-letter'; readonly reason: OutcomeReason; readonly detail: string };

/** The inputs of a decision in addition to the failure itself. */
export interface Situation {
  /** The step was already repeated after a fetch. */
  readonly repeated: boolean;
  /** The conversation, as last fetched, has ended. */
  readonly closed: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Epoch milliseconds at which the event came in. */
  readonly receivedAt: number;
  /** The pauses of the backoff. */
  readonly firstPauseMs: number;
}

/** How long a conversation may be invisible after its event came in: not visible yet, or a draft. */
const VISIBILITY_GRACE_MS = 30_000;
/** Pauses while it is invisible: a quarter of the time passed, within these bounds. */
const VISIBILITY_PAUSE_MS = { least: 250, most: 3000 };

/**
 * How long after its event came in an agent's phone may ring at no cost; longer than Genesys lets it ring (`alertingTimeoutMs`).
 */
const RINGING_GRACE_MS = 120_000;
/** Pauses while it rings: a quarter of the time passed, from the first pause of the backoff to this. */
const MOST_RINGING_PAUSE_MS = 4000;

/** The permission that each call needs on the OAuth client's role, as the official SDK documents it. */
const PERMISSIONS: Partial<Record<GenesysStage, string>> = {
  'get-conversation': 'conversation:communication:view',
  'patch-wrapup': 'conversation:participant:wrapup',
  'post-communication-wrapup': 'conversation:participant:wrapup',
  'replace-participant': 'conversation:communication:blindTransfer',
  'get-queue': 'routing:queue:view',
  'find-queue': 'routing:queue:view',
};

/** The decision for each class of failure: the outcome table of docs/decisions/0008-outcome-table.md. */
const FOLLOWS: Readonly<Record<FailureClass, (error: GenesysError, situation: Situation) => Decision>> = {
  'rate-limited': (error, { now }) => ({ kind: 'wait', until: error.retryAt ?? now }),
  // For every response of the login host: a wrong secret must not turn events into dead letters at once.
  'no-token': backoff,
  // The call was already repeated with a new token.
  unauthorised: backoff,
  forbidden: deadLetterPermission,
  'not-visible': waitUntilVisible,
  'not-found': (error, { repeated }) => (repeated ? deadLetter('participant-not-found', error) : { kind: 'repeat' }),
  conflict: afterConflict,
  'not-ready': (error, { closed }) => (closed ? deadLetter('conversation-closed', error) : backoff()),
  ambiguous: backoff,
  'not-the-api': backoff,
  'refused-content': (error) => deadLetter('refused', error),
  refused: (error) => deadLetter('refused', error),
};

/**
 * The only place that decides the consequence of a failure: try again now, try again later, or dead letter.
 * @throws the error itself when it means that the batch was stopped
 */
export function decide(error: unknown, situation: Situation): Decision {
  if (error instanceof GenesysError) return FOLLOWS[error.class](error, situation);
  if (error instanceof StillRinging) return waitWhileRinging(situation);
  if (error instanceof NotReadyYet) return backoff();
  if (error instanceof RenderError) return { kind: 'dead-letter', reason: 'expression-failed', detail: error.message };
  if (error instanceof StepRefused) {
    if (error.reason === 'participant-not-found' && !situation.repeated) return { kind: 'repeat' };
    return { kind: 'dead-letter', reason: error.reason, detail: error.message };
  }
  if (error instanceof Error && error.name === 'AbortError') throw error;
  // An error of our own costs attempts like any other, so that one entry can't block its conversation forever.
  return backoff();
}

/** Genesys understood the request and rejects its content. */
export function isRefusedContent(error: unknown): boolean {
  return error instanceof GenesysError && error.class === 'refused-content';
}

function backoff(): Decision {
  return { kind: 'backoff' };
}

function deadLetter(reason: OutcomeReason, { code, message, status }: GenesysError): Decision {
  return { kind: 'dead-letter', reason, detail: `Genesys answered ${status ?? 'nothing'} ${code}: ${message}` };
}

/** A 403 that is not about a missing permission is reported in Genesys's words. */
function deadLetterPermission(error: GenesysError): Decision {
  const { stage, missingPermissions: missing } = error;
  if (missing === null) return deadLetter('refused', error);
  const names = missing.names.length > 0 ? missing.names : [PERMISSIONS[stage] ?? 'one that Genesys does not name'];
  const what = `${missing.anyOf && names.length > 1 ? 'any one of the permissions' : 'the permission'} ${names.join(', ')}`;
  return { kind: 'dead-letter', reason: 'permission-missing', detail: `the OAuth client's role lacks ${what} (call ${stage})` };
}

function waitUntilVisible(error: GenesysError, { now, receivedAt }: Situation): Decision {
  const waitedMs = Math.max(0, now - receivedAt);
  if (waitedMs >= VISIBILITY_GRACE_MS) return deadLetter('conversation-not-found', error);
  const pauseMs = Math.min(VISIBILITY_PAUSE_MS.most, Math.max(VISIBILITY_PAUSE_MS.least, waitedMs / 4));
  return { kind: 'wait', until: Math.min(now + pauseMs, receivedAt + VISIBILITY_GRACE_MS) };
}

function waitWhileRinging({ now, receivedAt, firstPauseMs }: Situation): Decision {
  const waitedMs = Math.max(0, now - receivedAt);
  if (waitedMs >= RINGING_GRACE_MS) return backoff();
  return { kind: 'wait', until: now + Math.min(MOST_RINGING_PAUSE_MS, Math.max(firstPauseMs, waitedMs / 4)) };
}

function afterConflict(_: GenesysError, { repeated, closed }: Situation): Decision {
  if (!repeated) return { kind: 'repeat' };
  if (!closed) return backoff();
  return { kind: 'dead-letter', reason: 'conflict', detail: 'closed or modified by another process' };
}
