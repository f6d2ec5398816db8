import { KeyReusedError } from '../inbox/inbox.ts';
import { FencedError } from '../redis/fence.ts';

/**
 * A sender must get its response within 2 s when an event could not be stored; the rest of the 2 s is for reading and responding.
 */
const STORE_DEADLINE_MS = 1_500;

/** The store failed or did not respond in time. The requested operation may still happen. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
  readonly code = 'store-unavailable';

  constructor(cause: unknown) {
    super('the store is not available', { cause });
  }
}

export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
  readonly code = 'store.deadline';
}

/**
 * Returns the result of the store. An operation that failed, or had no response within 1.5 s, may still happen. A repeat with the
 * same idempotency key is then a duplicate.
 *
 * @throws StoreUnavailableError, or KeyReusedError and FencedError unchanged: the store responded
 */
export function withinDeadline<T>(ask: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => {
      clearTimeout(timer);
      reject(isResponse(cause) ? cause : new StoreUnavailableError(cause));
    };
    const timer = setTimeout(() => fail(new DeadlineError(`no response within ${STORE_DEADLINE_MS} ms`)), STORE_DEADLINE_MS);
    const succeed = (value: T) => {
      clearTimeout(timer);
      resolve(value);
    };
    ask().then(succeed, fail);
  });
}

function isResponse(error: unknown): boolean {
  return error instanceof KeyReusedError || error instanceof FencedError;
}
