import { KeyReusedError } from '../inbox/inbox.ts';
import { FencedError } from '../redis/fence.ts';
import { createDeadlines } from './deadlines.ts';

/**
 * A sender must get its response within 2 s when an event could not be stored; the rest of the 2 s is for reading and responding.
 */
const STORE_DEADLINE_MS = 1_500;

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
export const withinDeadline = createWithinDeadline(STORE_DEADLINE_MS);

/** The same with another deadline. */
export function createWithinDeadline(deadlineMs: number): <T>(ask: () => Promise<T>) => Promise<T> {
  const startDeadline = createDeadlines(deadlineMs);
  // Not within the executor of a promise, as for commands: see docs/decisions/0018-commands-apart.md.
  return <T>(ask: () => Promise<T>) => {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const fail = (cause: unknown) => {
      met();
      reject(isResponse(cause) ? cause : new StoreUnavailableError(cause));
    };
    const met = startDeadline(() => fail(new DeadlineError(`no response within ${deadlineMs} ms`)));
    ask().then((value) => {
      met();
      resolve(value);
    }, fail);
    return promise;
  };
}

function isResponse(error: unknown): boolean {
  return error instanceof KeyReusedError || error instanceof FencedError;
}
