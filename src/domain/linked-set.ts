interface Link<T> {
  readonly value: T;
  previous: Link<T> | null;
  next: Link<T> | null;
  isIn: boolean;
}

/**
 * Members in the order in which they were added. For members that come and go with each request, in place of a `Set`: a `Set` that
 * has reached the old generation of the heap gets a new table there each time it is full, and the members of the table before stay
 * reachable until a full collection, although they were deleted from the `Set` (docs/decisions/0018-commands-apart.md).
 */
export class LinkedSet<T> implements Iterable<T> {
  #first: Link<T> | null = null;
  #last: Link<T> | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Returns the function that removes the member; calling it again changes nothing. */
  add(value: T): () => void {
    const link: Link<T> = { value, previous: this.#last, next: null, isIn: true };
    if (this.#last === null) this.#first = link;
    else this.#last.next = link;
    this.#last = link;
    this.#size += 1;
    return () => this.#remove(link);
  }

  /** A member may be removed while it is visited, and no other. */
  *[Symbol.iterator](): Iterator<T> {
    for (let link = this.#first; link !== null; ) {
      const { value, next } = link;
      yield value;
      link = next;
    }
  }

  /** What is removed holds nothing: a dead link of the old generation would keep the next one. */
  #remove(link: Link<T>): void {
    if (!link.isIn) return;
    if (link.previous === null) this.#first = link.next;
    else link.previous.next = link.next;
    if (link.next === null) this.#last = link.previous;
    else link.next.previous = link.previous;
    link.previous = null;
    link.next = null;
    link.isIn = false;
    this.#size -= 1;
  }
}
