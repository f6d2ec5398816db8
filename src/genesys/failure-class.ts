import type { GenesysErrorFields } from './genesys-error.ts';

/**
 * The meaning of a status. Only this file compares statuses and reads codes; all other code asks for the class. What follows from
 * a class is decided in `worker/decide.ts` (docs/decisions/0008-outcome-table.md).
 */
export type ResponseClass =
  | 'success'
  | 'unauthorised'
  | 'forbidden'
  | 'not-found'
  | 'rate-limited'
  /** The resource was changed by somebody else in the meantime. */
  | 'conflict'
  /** Genesys understood the request and rejects its content. */
  | 'refused-content'
  /** Any other refusal. */
  | 'refused'
  /** Genesys failed or did not respond: whether a write happened is not known. */
  | 'ambiguous'
  /** Not a response of the Platform API, but perhaps of a proxy. */
  | 'not-the-api';

export type FailureClass =
  | Exclude<ResponseClass, 'success'>
  /** There is no access token: nothing was sent. */
  | 'no-token'
  /** The conversation is not visible yet, or a draft. */
  | 'not-visible'
  /** A wrap-up that was sent before after-call work, or after it. */
  | 'not-ready';

const CLASS_OF_STATUS: ReadonlyMap<number, ResponseClass> = new Map([
  [400, 'refused-content'],
  [401, 'unauthorised'],
  [403, 'forbidden'],
  [404, 'not-found'],
  [408, 'ambiguous'],
  [409, 'conflict'],
  [412, 'conflict'],
  [413, 'refused-content'],
  [422, 'refused-content'],
  [429, 'rate-limited'],
]);

export function classOfStatus(status: number): ResponseClass {
  const known = CLASS_OF_STATUS.get(status);
  if (known !== undefined) return known;
  if (status >= 500) return 'ambiguous';
  if (status >= 400) return 'refused';
  return status >= 200 && status < 300 ? 'success' : 'not-the-api';
}

/** The class of a call that failed. */
export function classOfFailure({ stage, failure, status, code, message }: GenesysErrorFields): FailureClass {
  if (failure === 'rate-limited') return 'rate-limited';
  if (stage === 'token') return 'no-token';
  if (failure !== 'http') return 'ambiguous';
  // An invalid id: refused before anything was sent.
  if (status === null) return 'refused';
  const byStatus = classOfStatus(status);
  if (byStatus === 'success') return 'not-the-api';
  if (byStatus === 'not-found' && stage === 'get-conversation') return 'not-visible';
  const isWrapup = stage === 'patch-wrapup' || stage === 'post-communication-wrapup';
  return isWrapup && status === 400 && saysWrapupState(code, message) ? 'not-ready' : byStatus;
}

/** No list of these codes is published. */
const WRAPUP_STATE_CODES = new Set([
  'conversation.error.participant.no.active.conversations',
  'conversation.error.wrapup.invalid.state',
  'call.disconnected',
]);

/** Codes where they are known; the wording if Genesys sends only `bad.request`. */
function saysWrapupState(code: string, message: string): boolean {
  return WRAPUP_STATE_CODES.has(code) || /valid state/i.test(message);
}
