import { NotReadyYet, StepRefused } from '../actions/step.ts';
import type { OutcomeReason } from '../domain/outcome.ts';
import { GenesysError, type GenesysStage } from '../genesys/genesys-error.ts';
import { RenderError } from '../rules/rule-set.ts';

/** What follows from a failure. */
export type Decision =
  /** Fetch, plan again, and repeat once at once. */
  | { readonly kind: 'repeat' }
  /** Try again after the backoff; costs an attempt. */
  | { readonly kind: 'backoff' }
  /** Try again at `until` (epoch milliseconds); costs no attempt. */
  | { readonly kind: 'wait'; readonly until: number }
  | { readonly kind: 'dead-letter'; readonly reason: OutcomeReason; readonly detail: string };

/** What a decision rests on besides the failure itself. */
export interface Situation {
  /** The step was already repeated after a fetch. */
  readonly repeated: boolean;
  /** The conversation, as last fetched, has ended. */
  readonly closed: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Epoch milliseconds at which the event came in. */
  readonly receivedAt: number;
}

interface Row {
  /** The row of the design page's outcome table, in its order. */
  readonly says: string;
  applies(error: GenesysError, situation: Situation): boolean;
  follows(error: GenesysError, situation: Situation): Decision;
}

/** How long a conversation may be invisible after its event came in: not visible yet, or a draft. */
const VISIBILITY_GRACE_MS = 30_000;
/** Pauses while it is invisible: a quarter of the time passed, within these bounds. */
const VISIBILITY_PAUSE_MS = { least: 250, most: 3000 };

/** Codes of a wrap-up that came too early or too late [O, and ?: no list of them is published]. */
const WRAPUP_STATE_CODES = new Set([
  'conversation.error.participant.no.active.conversations',
  'conversation.error.wrapup.invalid.state',
  'call.disconnected',
]);

/** Permission that each call needs on the OAuth client's role (genesys-platform facts). */
const PERMISSIONS: Partial<Record<GenesysStage, string>> = {
  'get-conversation': 'conversation:communication:view',
  'patch-wrapup': 'conversation:participant:wrapup',
  'replace-participant': 'conversation:communication:blindTransfer',
  'get-queue': 'routing:queue:view',
};

const backoff = (): Decision => ({ kind: 'backoff' });

/** The first row that applies decides. */
const TABLE: readonly Row[] = [
  {
    says: '429: nothing more is sent for Retry-After; over 30 s parks the job; costs no attempt',
    applies: ({ failure }) => failure === 'rate-limited',
    follows: (error, { now }) => ({ kind: 'wait', until: error.retryAt ?? now }),
  },
  {
    says: 'no token: job backoff, whatever the login host said (a wrong secret must not turn events into dead letters at once)',
    applies: ({ stage }) => stage === 'token',
    follows: backoff,
  },
  { says: '401 again after a refresh: job backoff', applies: ({ status }) => status === 401, follows: backoff },
  {
    says: '403: dead letter that names the missing permission',
    applies: ({ status }) => status === 403,
    follows: deadLetterPermission,
  },
  {
    says: '404 conversation: retried with short delays until 30 s after the event, then dead letter',
    applies: ({ status, stage }) => status === 404 && stage === 'get-conversation',
    follows: waitUntilVisible,
  },
  {
    says: '404 participant: refresh, resolve again once, then dead letter',
    applies: ({ status, stage }) => status === 404 && stage !== 'get-queue',
    follows: (error, { repeated }) => (repeated ? deadLetter('participant-not-found', error) : { kind: 'repeat' }),
  },
  {
    says: '409, 412: refresh, plan again, repeat once at once; again: closed -> dead letter, else job backoff',
    applies: ({ status }) => status === 409 || status === 412,
    follows: afterConflict,
  },
  {
    says: '400 "not in a valid state" on a wrap-up: job backoff until it is or the conversation is closed',
    applies: isWrapupState,
    follows: (error, { closed }) => (closed ? deadLetter('conversation-closed', error) : backoff()),
  },
  {
    says: '408, 5xx, time-out, connection lost: job backoff',
    applies: ({ failure, status }) => failure !== 'http' || status === 408 || (status ?? 0) >= 500,
    follows: backoff,
  },
  {
    says: 'an answer that is no Platform API answer (a proxy?): job backoff',
    applies: ({ status }) => (status ?? 400) < 400,
    follows: backoff,
  },
  {
    says: 'other 4xx, or an id that is none: dead letter at once',
    applies: () => true,
    follows: (error) => deadLetter('refused', error),
  },
];

/**
 * The one place that decides what follows from a failure: try again now, try again later, or dead letter.
 * @throws the error itself when it says that the batch was told to stop
 */
export function decide(error: unknown, situation: Situation): Decision {
  if (error instanceof GenesysError) {
    const row = TABLE.find(({ applies }) => applies(error, situation));
    return row === undefined ? backoff() : row.follows(error, situation);
  }
  if (error instanceof NotReadyYet) return backoff();
  if (error instanceof RenderError) return { kind: 'dead-letter', reason: 'expression-failed', detail: error.message };
  if (error instanceof StepRefused) {
    if (error.reason === 'participant-not-found' && !situation.repeated) return { kind: 'repeat' };
    return { kind: 'dead-letter', reason: error.reason, detail: error.message };
  }
  if (error instanceof Error && error.name === 'AbortError') throw error;
  // A fault of our own: it costs attempts like any other, so that one entry can't hold up its conversation for ever.
  return backoff();
}

/** Genesys understood the request and does not take what is in it. */
export function isRefusedContent(error: unknown): boolean {
  return error instanceof GenesysError && [400, 413, 422].includes(error.status ?? 0);
}

function deadLetter(reason: OutcomeReason, { code, message, status }: GenesysError): Decision {
  return { kind: 'dead-letter', reason, detail: `Genesys answered ${status ?? 'nothing'} ${code}: ${message}` };
}

function deadLetterPermission({ stage, missingPermissions }: GenesysError): Decision {
  const named = missingPermissions.length > 0 ? missingPermissions.join(', ') : PERMISSIONS[stage];
  const what = named === undefined ? 'a permission that Genesys does not name' : `the permission ${named}`;
  return { kind: 'dead-letter', reason: 'permission-missing', detail: `the OAuth client's role lacks ${what} (call ${stage})` };
}

function waitUntilVisible(error: GenesysError, { now, receivedAt }: Situation): Decision {
  const waitedMs = Math.max(0, now - receivedAt);
  if (waitedMs >= VISIBILITY_GRACE_MS) return deadLetter('conversation-not-found', error);
  const pauseMs = Math.min(VISIBILITY_PAUSE_MS.most, Math.max(VISIBILITY_PAUSE_MS.least, waitedMs / 4));
  return { kind: 'wait', until: Math.min(now + pauseMs, receivedAt + VISIBILITY_GRACE_MS) };
}

function afterConflict(_: GenesysError, { repeated, closed }: Situation): Decision {
  if (!repeated) return { kind: 'repeat' };
  if (!closed) return backoff();
  return { kind: 'dead-letter', reason: 'conflict', detail: 'closed or modified by another process' };
}

/** Codes where they are known; the wording where Genesys sends only `bad.request` (no code for this is published). */
function isWrapupState({ stage, status, code, message }: GenesysError): boolean {
  if (stage !== 'patch-wrapup' || status !== 400) return false;
  return WRAPUP_STATE_CODES.has(code) || /valid state/i.test(message);
}
