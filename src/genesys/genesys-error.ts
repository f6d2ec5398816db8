import type { GenesysAnswer } from '../domain/outcome.ts';
import type { MissingPermissions, NamedLimit } from './error-body.ts';
import { classOfFailure, type FailureClass } from './failure-class.ts';

/** The call that failed. */
export type GenesysStage =
  | 'token'
  | 'get-conversation'
  | 'patch-attributes'
  | 'patch-wrapup'
  | 'post-communication-wrapup'
  | 'list-wrapup-codes'
  | 'replace-participant'
  | 'get-queue'
  | 'find-queue'
  | 'list-queues'
  | 'list-all-wrapup-codes'
  | 'list-limits'
  | 'list-available-topics'
  | 'query-conversations'
  | 'create-channel'
  | 'subscribe';

/**
 * The kind of failure:
 * - `http`: Genesys returned a status that is no success (not 429)
 * - `rate-limited`: 429, or nothing was sent because an earlier 429 forbids it until `retryAt`
 * - `timeout`: no response within the limit; whether a write happened is not known
 * - `connection`: the connection was refused or lost; likewise
 */
export type GenesysFailure = 'http' | 'rate-limited' | 'timeout' | 'connection';

export interface GenesysErrorFields {
  readonly stage: GenesysStage;
  readonly failure: GenesysFailure;
  readonly status: number | null;
  /** Genesys's stable `code`, or our own for failures without a response (`timeout`, `connection.lost`, ...). */
  readonly code: string;
  readonly message: string;
  readonly correlationId: string | null;
  /** Of a 403 whose code means a missing permission. */
  readonly missingPermissions?: MissingPermissions | null;
  /** Of a 429: epoch milliseconds before which the call can't be sent. */
  readonly retryAt?: number;
  /** Of a 429 that names the exceeded limit. */
  readonly limit?: NamedLimit | null;
  readonly cause?: unknown;
}

/** Every failure of a Platform API call. What follows from its class is decided in one place: `worker/decide.ts`. */
export class GenesysError extends Error implements GenesysAnswer {
  override readonly name = 'GenesysError';
  /** The meaning of the failure; set once. */
  readonly class: FailureClass;
  readonly stage: GenesysStage;
  readonly failure: GenesysFailure;
  readonly status: number | null;
  readonly code: string;
  readonly correlationId: string | null;
  readonly missingPermissions: MissingPermissions | null;
  readonly retryAt: number | null;
  readonly limit: NamedLimit | null;

  constructor(fields: GenesysErrorFields) {
    super(fields.message, { cause: fields.cause });
    this.class = classOfFailure(fields);
    this.stage = fields.stage;
    this.failure = fields.failure;
    this.status = fields.status;
    this.code = fields.code;
    this.correlationId = fields.correlationId;
    this.missingPermissions = fields.missingPermissions ?? null;
    this.retryAt = fields.retryAt ?? null;
    this.limit = fields.limit ?? null;
  }
}
