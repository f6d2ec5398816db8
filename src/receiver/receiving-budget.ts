import { LinkedSet } from '../domain/linked-set.ts';
import { Problem } from './problem.ts';

/** One request whose body is being received, or that has no response yet. */
export interface ReceivedBytes {
  /** Called when the request is cut off to make room for others. At most once, and not after {@link complete}. */
  onCutOff(cutOff: (problem: Problem) => void): void;
  /** The maximum that the request has held so far. @throws Problem `overloaded` when there is no room */
  hold(bytes: number): void;
  /** The body is complete: from now on the request is not cut off. */
  complete(): void;
  /** The request has its response, or its connection is closed. */
  release(): void;
}

export interface ReceivingBudget {
  open(): ReceivedBytes;
  /** Bytes held by all requests together. */
  readonly heldBytes: number;
}

interface Holder {
  bytes: number;
  readonly openedAt: number;
  cutOff: ((problem: Problem) => void) | null;
  /** Its body is no longer being received. */
  leave(): void;
}

/** An honest body arrives within milliseconds. One that takes this long has to make room. */
const PATIENCE_MS = 1_000;
/** A body makes room at once for one that needs so much less. */
const MUCH_SMALLER = 4;

/**
 * Bounds the bytes of all bodies that the process holds at once. Above the ceiling, room is made by cutting off unfinished
 * bodies, the longest arriving first: those that have been arriving for a second, and those that hold at least four times what
 * the new one needs. So senders that never finish take no room from others, and a flood of large bodies takes none from small
 * ones. Where that is not enough nobody is cut off and the new body is refused, unread. Both get 503 with `Retry-After`.
 *
 * @param now milliseconds of a clock that never goes back
 */
export function createReceivingBudget(ceilingBytes: number, now = () => performance.now()): ReceivingBudget {
  let held = 0;
  /** In the order in which their bodies started to arrive. */
  const receiving = new LinkedSet<Holder>();

  const release = (holder: Holder) => {
    held -= holder.bytes;
    holder.bytes = 0;
    holder.leave();
  };

  /** @throws Problem `overloaded` */
  const makeRoom = (more: number, wanted: number, keep: Holder) => {
    const stalledSince = now() - PATIENCE_MS;
    const yielding: Holder[] = [];
    let missing = held + more - ceilingBytes;
    for (const holder of receiving) {
      if (missing <= 0) break;
      if (holder === keep || (holder.openedAt > stalledSince && holder.bytes < MUCH_SMALLER * wanted)) continue;
      yielding.push(holder);
      missing -= holder.bytes;
    }
    if (missing > 0) throw overloaded();
    for (const holder of yielding) {
      release(holder);
      holder.cutOff?.(overloaded());
    }
  };

  return {
    get heldBytes() {
      return held;
    },
    open: () => {
      const holder: Holder = { bytes: 0, openedAt: now(), cutOff: null, leave: () => undefined };
      return {
        onCutOff: (cutOff) => {
          holder.cutOff = cutOff;
          holder.leave = receiving.add(holder);
        },
        hold: (bytes) => {
          const more = bytes - holder.bytes;
          if (more <= 0) return;
          if (held + more > ceilingBytes) makeRoom(more, bytes, holder);
          held += more;
          holder.bytes = bytes;
        },
        complete: () => {
          holder.leave();
        },
        release: () => release(holder),
      };
    },
  };
}

function overloaded(): Problem {
  const detail = 'The service is receiving more than its memory allows; try again.';
  return new Problem({ status: 503, code: 'overloaded', detail, headers: { 'retry-after': '1' } });
}
