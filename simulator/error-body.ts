/**
 * Codes of Genesys's `ErrorBody.code`. Codes marked "assumed" have no trustworthy source; a test that depends on one of them
 * depends on an assumption.
 */
export const CODES = {
  badRequest: 'bad.request',
  invalidValue: 'invalid.value',
  wrapupCodeRequired: 'conversation.error.wrapup.code.required',
  /** Assumed: the code that comes with "not in a valid state" when the participant is not (yet) in after-call work. */
  wrapupInvalidState: 'conversation.error.participant.no.active.conversations',
  /** Assumed for a transfer of a conversation that is over. */
  conversationEnded: 'call.disconnected',
  transferNotConnected: 'conversations.error.transfer.not.connected',
  transferSameParty: 'conversations.error.transfer.same.party',
  /** Assumed. */
  invalidTopic: 'invalid.topic',
  /** Assumed. */
  tooManyTopics: 'too.many.topics',
  queueNotFound: 'conversations.error.queue.not.found',
  badCredentials: 'bad.credentials',
  authenticationRequired: 'authentication.required',
  missingPermissions: 'missing.permissions',
  missingAnyPermissions: 'missing.any.permissions',
  notFound: 'not.found',
  conversationNotFound: 'conversation.not.found',
  participantNotFound: 'conversation.error.not.conversation.participant',
  /** Assumed: 408, 409, 412 and 413 exist on conversation calls, their codes are unpublished. */
  requestTimeout: 'request.timeout',
  conflict: 'conflict',
  preconditionFailed: 'precondition.failed',
  bodyTooLarge: 'request.entity.too.large',
  unsupportedMediaType: 'unsupported.media.type',
  tooManyRequests: 'too.many.requests.retry.after',
  internalServerError: 'internal.server.error',
  serviceUnavailable: 'service.unavailable',
  gatewayTimeout: 'gateway.timeout',
} as const;

/** The code for a status when a fault names no code of its own. */
const DEFAULT_CODES: Readonly<Record<number, string>> = {
  400: CODES.badRequest,
  401: CODES.badCredentials,
  403: CODES.missingPermissions,
  404: CODES.notFound,
  408: CODES.requestTimeout,
  409: CODES.conflict,
  412: CODES.preconditionFailed,
  413: CODES.bodyTooLarge,
  415: CODES.unsupportedMediaType,
  429: CODES.tooManyRequests,
  500: CODES.internalServerError,
  503: CODES.serviceUnavailable,
  504: CODES.gatewayTimeout,
};

export function defaultCode(status: number): string {
  return DEFAULT_CODES[status] ?? (status >= 500 ? CODES.internalServerError : CODES.badRequest);
}

/** An error response; thrown by the code that detects it, written by the server. */
export class PlatformError extends Error {
  override readonly name = 'PlatformError';
  readonly status: number;
  readonly code: string;
  readonly messageParams: Readonly<Record<string, string>>;
  readonly entityId: string | undefined;
  /** The header `Retry-After`. */
  readonly retryAfter: string | undefined;

  constructor(
    status: number,
    code: string,
    message: string,
    more: {
      messageParams?: Readonly<Record<string, string>>;
      entityId?: string | undefined;
      retryAfter?: string | undefined;
    } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.messageParams = more.messageParams ?? {};
    this.entityId = more.entityId;
    this.retryAfter = more.retryAfter;
  }
}

/** Genesys's `ErrorBody`; `contextId` equals the header `ININ-Correlation-Id`. */
export function errorBody(error: PlatformError, contextId: string) {
  return {
    message: error.message,
    code: error.code,
    status: error.status,
    ...(error.entityId !== undefined && { entityId: error.entityId }),
    contextId,
    messageParams: error.messageParams,
    details: [],
    errors: [],
  };
}
