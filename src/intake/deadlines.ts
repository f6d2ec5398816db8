import { LinkedSet } from '../domain/linked-set.ts';
import { LAST_PART } from '../redis/read-before-timeout.ts';

/** Runs `expire` unless the deadline is met first; returns the function that reports it as met. */
export type StartDeadline = (expire: () => void) => () => void;

interface Deadline {
  /** When its last part begins. */
  readonly lastPartAt: number;
  readonly expire: () => void;
  isMet: boolean;
  /** No longer among those that are open. */
  close(): void;
}

/**
 * Deadlines of the same length, with one timer for all of them: nearly every one is met, and a timer for each would cost more
 * than the deadline is worth. Their last parts begin in the order in which they began, so the timer waits for the oldest.
 */
export function createDeadlines(limitMs: number): StartDeadline {
  const lastMs = limitMs * LAST_PART;
  const open = new LinkedSet<Deadline>();
  let timer: NodeJS.Timeout | null = null;

  const arm = (deadline: Deadline) => {
    timer = setTimeout(review, deadline.lastPartAt - performance.now(), deadline).unref();
  };

  /** A timer may fire a fraction of a millisecond early: the deadline that it was set for is due in any case. */
  function review({ lastPartAt }: Deadline): void {
    const now = Math.max(lastPartAt, performance.now());
    const due: Deadline[] = [];
    timer = null;
    for (const deadline of open) {
      if (deadline.lastPartAt > now) {
        arm(deadline);
        break;
      }
      deadline.close();
      due.push(deadline);
    }
    if (due.length > 0) endLastPart(due);
  }

  /** Only for operations that have nearly used up their time, so this timer is rare. */
  function endLastPart(due: readonly Deadline[]): void {
    setTimeout(() => {
      for (const { expire, isMet } of due) if (!isMet) expire();
    }, lastMs).unref();
  }

  return (expire) => {
    const lastPartAt = performance.now() + limitMs - lastMs;
    const deadline: Deadline = { lastPartAt, expire, isMet: false, close: () => undefined };
    deadline.close = open.add(deadline);
    if (timer === null) arm(deadline);
    return () => {
      deadline.isMet = true;
      deadline.close();
    };
  };
}
