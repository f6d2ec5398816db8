/** Most inboxes hold fewer items, also after a burst: they are read with one command. */
const FIRST_READ = 12;

export interface Bounds {
  readonly from: number;
  /** Exclusive. */
  readonly end: number;
  readonly maxBytes: number;
}

/**
 * Reads a list in pieces, because its items can have any size: first a few, then as many as fit by the average size of those.
 * Returns as many as `maxBytes` allows, and at least one.
 * @param range the elements from `start` to before `end`
 */
export async function readWithin(
  range: (start: number, end: number) => Promise<Buffer[]>,
  { from, end, maxBytes }: Bounds,
): Promise<Buffer[]> {
  const read: Buffer[] = [];
  let bytes = 0;
  let size = maxBytes === Number.POSITIVE_INFINITY ? end - from : FIRST_READ;
  for (let next = from; next < end; ) {
    const until = Math.min(end, next + size);
    const piece = await range(next, until);
    for (const element of piece) {
      if (read.length > 0 && bytes + element.length > maxBytes) return read;
      bytes += element.length;
      read.push(element);
    }
    if (piece.length < until - next) return read;
    next = until;
    size = Math.max(1, Math.floor((maxBytes - bytes) / Math.max(1, bytes / read.length)));
  }
  return read;
}
