import { LANES, type Lane } from '../lane.ts';

/** How many grants may pass over a waiting lane. Then the lane has the next one, so that no lane starves. */
const PATIENCE: Readonly<Record<Lane, number>> = {
  token: Number.POSITIVE_INFINITY,
  write: 4,
  'urgent-read': 8,
  read: 8,
  repair: 16,
};

export interface LaneItem {
  lane: Lane;
}

/** Items by lane: the order of lanes decides, and within a lane first in, first out. */
export class LaneQueue<T extends LaneItem> {
  readonly #waiting = new Map<Lane, T[]>(LANES.map((lane) => [lane, []]));
  readonly #passedOver = new Map<Lane, number>();

  get isEmpty(): boolean {
    return LANES.every((lane) => this.#in(lane).length === 0);
  }

  /** How many items wait in this lane. */
  waitingIn(lane: Lane): number {
    return this.#in(lane).length;
  }

  /** The one that has waited longest in this lane. */
  oldestIn(lane: Lane): T | null {
    return this.#in(lane)[0] ?? null;
  }

  push(item: T): void {
    this.#in(item.lane).push(item);
  }

  remove(item: T): void {
    const waiting = this.#in(item.lane);
    const position = waiting.indexOf(item);
    if (position >= 0) waiting.splice(position, 1);
  }

  /** Moves it to the end of another lane. */
  move(item: T, lane: Lane): void {
    this.remove(item);
    item.lane = lane;
    this.push(item);
  }

  /** Removes and returns the next item of those that may go now; `null` when there is none. */
  shift(mayGo: (item: T) => boolean): T | null {
    const next = new Map(
      LANES.flatMap((lane) => {
        const item = this.#in(lane).find(mayGo);
        return item === undefined ? [] : [[lane, item]];
      }),
    );
    const lanes = [...next.keys()];
    const due = lanes.find((lane) => this.#passed(lane) >= PATIENCE[lane]) ?? lanes[0];
    const item = due === undefined ? undefined : next.get(due);
    if (item === undefined) return null;
    for (const lane of LANES) this.#passedOver.set(lane, next.has(lane) && lane !== due ? this.#passed(lane) + 1 : 0);
    this.remove(item);
    return item;
  }

  /** Removes and returns every item that `matches`. */
  takeAll(matches: (item: T) => boolean): T[] {
    const taken = this.all().filter(matches);
    for (const item of taken) this.remove(item);
    return taken;
  }

  all(): readonly T[] {
    return LANES.flatMap((lane) => this.#in(lane));
  }

  #in(lane: Lane): T[] {
    return this.#waiting.get(lane) ?? [];
  }

  #passed(lane: Lane): number {
    return this.#passedOver.get(lane) ?? 0;
  }
}
