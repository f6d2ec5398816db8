import { LANES, type Lane } from './lane.ts';

/** How many grants a lane may be passed over while it waits. Then it has the next one, so that no lane starves. */
const PATIENCE: Readonly<Record<Lane, number>> = {
  token: Number.POSITIVE_INFINITY,
  write: 4,
  'urgent-read': 8,
  read: 8,
  repair: 16,
};

export interface LaneItem {
  readonly lane: Lane;
}

/** Items by lane: the order of lanes decides, and within a lane first in, first out. */
export class LaneQueue<T extends LaneItem> {
  readonly #waiting = new Map<Lane, T[]>(LANES.map((lane) => [lane, []]));
  readonly #passedOver = new Map<Lane, number>();

  get isEmpty(): boolean {
    return LANES.every((lane) => this.#in(lane).length === 0);
  }

  push(item: T): void {
    this.#in(item.lane).push(item);
  }

  remove(item: T): void {
    const waiting = this.#in(item.lane);
    const position = waiting.indexOf(item);
    if (position >= 0) waiting.splice(position, 1);
  }

  /** Removes and returns the item whose turn it is; `null` when nothing waits. */
  shift(): T | null {
    const waiting = LANES.filter((lane) => this.#in(lane).length > 0);
    const due = waiting.find((lane) => this.#passed(lane) >= PATIENCE[lane]) ?? waiting[0];
    if (due === undefined) return null;
    for (const lane of LANES) this.#passedOver.set(lane, waiting.includes(lane) && lane !== due ? this.#passed(lane) + 1 : 0);
    return this.#in(due).shift() ?? null;
  }

  /** Removes and returns everything. */
  clear(): T[] {
    return LANES.flatMap((lane) => this.#in(lane).splice(0));
  }

  #in(lane: Lane): T[] {
    return this.#waiting.get(lane) ?? [];
  }

  #passed(lane: Lane): number {
    return this.#passedOver.get(lane) ?? 0;
  }
}
