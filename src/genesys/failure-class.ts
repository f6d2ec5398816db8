import type { GenesysErrorFields } from './genesys-error.ts';

/**
 * What a status means. Only this file compares statuses and reads codes; everything else asks for the class, and what
 * follows from it is decided in `worker/decide.ts` (docs/decisions/0008-outcome-table.md).
 */
export type ResponseClass =
  | 'success'
  | 'unauthorised'
  | 'forbidden'
  | 'not-found'
  | 'rate-limited'
  /** Something changed the resource meanwhile. */
  | 'conflict'
  /** Genesys understood the request and does not take what is in it. */
  | 'refused-content'
  /** Any other "no". */
  | 'refused'
  /** Genesys failed, or did not respond: whether a write happened is not known. */
  | 'ambiguous'
  /** Not what the Platform API returns; a proxy, perhaps. */
  | 'not-the-api';

export type FailureClass =
  | Exclude<ResponseClass, 'success'>
  /** There is no access token: nothing was sent. */
  | 'no-token'
  /** The conversation is not visible yet, or a draft. */
  | 'not-visible'
  /** A wrap-up that came before after-call work, or after it. */
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

/** Of a call that failed. */
export function classOfFailure({ stage, failure, status, code, message }: GenesysErrorFields): FailureClass {
  if (failure === 'rate-limited') return 'rate-limited';
  if (stage === 'token') return 'no-token';
  if (failure !== 'http') return 'ambiguous';
  // An id that can't be one: refused before anything was sent.
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

/** Codes where they are known; the wording where Genesys sends only `bad.request`. */
function saysWrapupState(code: string, message: string): boolean {
  return WRAPUP_STATE_CODES.has(code) || /valid state/i.test(message);
}
