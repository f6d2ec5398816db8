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
  cutOff: ((problem: Problem) => void) | null;
}

/**
 * Bounds the bytes of all bodies that the process holds at once. Above the ceiling, unfinished bodies that hold at least as much
 * as the new one needs are cut off, the longest arriving first. An honest body arrives within milliseconds, and senders that
 * never finish must not take its room. Without such bodies the newest is refused. Both get 503 with `Retry-After`.
 */
export function createReceivingBudget(ceilingBytes: number): ReceivingBudget {
  let held = 0;
  /** In the order in which their bodies started to arrive. */
  const receiving = new Set<Holder>();

  const release = (holder: Holder) => {
    held -= holder.bytes;
    holder.bytes = 0;
    receiving.delete(holder);
  };

  const makeRoom = (more: number, wanted: number, keep: Holder) => {
    for (const holder of receiving) {
      if (held + more <= ceilingBytes) return;
      if (holder === keep || holder.bytes < wanted) continue;
      release(holder);
      holder.cutOff?.(overloaded());
    }
  };

  return {
    get heldBytes() {
      return held;
    },
    open: () => {
      const holder: Holder = { bytes: 0, cutOff: null };
      return {
        onCutOff: (cutOff) => {
          holder.cutOff = cutOff;
          receiving.add(holder);
        },
        hold: (bytes) => {
          const more = bytes - holder.bytes;
          if (more <= 0) return;
          if (held + more > ceilingBytes) makeRoom(more, bytes, holder);
          if (held + more > ceilingBytes) throw overloaded();
          held += more;
          holder.bytes = bytes;
        },
        complete: () => {
          receiving.delete(holder);
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
