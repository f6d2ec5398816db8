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
export async function withinDeadline<T>(ask: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(`no answer within ${STORE_DEADLINE_MS} ms`)), STORE_DEADLINE_MS);
  });
  try {
    return await Promise.race([ask(), deadline]);
  } catch (cause) {
    throw storeUnavailable(cause);
  } finally {
    clearTimeout(timer);
  }
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
