/**
 * Bounds the memory of all batches of a process together. A batch reserves the most that it may read, reads, and releases the
 * unused part. So the number of batches is bounded only while they read, and the bytes are bounded while they work.
 */
export interface ByteBudget {
  /** Waits until there is room, in order of the calls. More than the whole budget counts as the whole. */
  reserve(bytes: number): Promise<Reservation>;
}

export interface Reservation {
  /** `false`: there is no room now. Never waits, because a caller that waits while it holds something can wait forever. */
  grow(bytes: number): boolean;
  shrinkTo(bytes: number): void;
}

interface Waiting {
  readonly bytes: number;
  readonly begin: () => void;
}

export function createByteBudget(total: number): ByteBudget {
  const waiting: Waiting[] = [];
  let free = total;

  const letIn = () => {
    for (let next = waiting[0]; next !== undefined && next.bytes <= free; next = waiting[0]) {
      waiting.shift();
      free -= next.bytes;
      next.begin();
    }
  };
  const toReservation = (reserved: number): Reservation => {
    let held = reserved;
    return {
      grow: (bytes) => {
        if (waiting.length > 0 || bytes > free) return false;
        free -= bytes;
        held += bytes;
        return true;
      },
      shrinkTo: (bytes) => {
        free += Math.max(0, held - bytes);
        held = Math.min(held, bytes);
        letIn();
      },
    };
  };

  return {
    reserve: (wanted) => {
      const bytes = Math.min(wanted, total);
      const { promise, resolve } = Promise.withResolvers<Reservation>();
      waiting.push({ bytes, begin: () => resolve(toReservation(bytes)) });
      letIn();
      return promise;
    },
  };
}
