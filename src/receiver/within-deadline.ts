import { Problem } from './problem.ts';

/** A sender must hear within 2 s that an event could not be stored; what is left is for reading and answering. */
const STORE_DEADLINE_MS = 1_500;
/** Redis that restarts or fails over is back within seconds. */
const RETRY_AFTER_SECONDS = '2';

class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
  readonly code = 'store.deadline';
}

/**
 * What the store answers. A store that fails, or has not answered within 1.5 s, becomes a 503 with `Retry-After`.
 * What was sent to it may still happen; a repeat with the same idempotency key is then a duplicate.
 *
 * @throws Problem `store-unavailable`
 */
export function withinDeadline<T>(ask: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => {
      clearTimeout(timer);
      reject(storeUnavailable(cause));
    };
    const timer = setTimeout(() => fail(new DeadlineError(`no answer within ${STORE_DEADLINE_MS} ms`)), STORE_DEADLINE_MS);
    const succeed = (answer: T) => {
      clearTimeout(timer);
      resolve(answer);
    };
    ask().then(succeed, fail);
  });
}

export function storeUnavailable(cause: unknown): Problem {
  return new Problem({
    status: 503,
    code: 'store-unavailable',
    detail: 'The store cannot be reached; try again.',
    headers: { 'retry-after': RETRY_AFTER_SECONDS },
    cause,
  });
}
