import { KeyReusedError } from '../inbox/inbox.ts';
import { FencedError } from '../redis/fence.ts';

/**
 * A sender must get its response within 2 s when an event could not be stored; the rest of the 2 s is for reading and responding.
 */
const STORE_DEADLINE_MS = 1_500;
/**
 * Waited for after the rest, so that the event loop runs before the deadline is over. Otherwise a process that was busy for the
 * whole time would find its timer before the response that has arrived meanwhile.
 */
const LAST_PART = 1 / 6;

/** The store failed or did not respond in time. The requested operation may still happen. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
  readonly code = 'store-unavailable';
  /** The conversations that the operation was about, as far as they are known. */
  readonly conversationIds: readonly string[];

  constructor(cause: unknown, conversationIds: readonly string[] = []) {
    super('the store is not available', { cause });
    this.conversationIds = conversationIds;
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
export function withinDeadline<T>(ask: () => Promise<T>, deadlineMs = STORE_DEADLINE_MS): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => {
      clearTimeout(timer);
      reject(isResponse(cause) ? cause : new StoreUnavailableError(cause));
    };
    const lastMs = deadlineMs * LAST_PART;
    let timer = setTimeout(() => {
      timer = setTimeout(() => fail(new DeadlineError(`no response within ${deadlineMs} ms`)), lastMs);
    }, deadlineMs - lastMs);
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
