import type { Clock } from '../clock.ts';
import type { GenesysStage } from '../genesys-error.ts';
import { LANES, type Lane } from '../lane.ts';
import { type LaneItem, LaneQueue } from './lane-queue.ts';
import type { SharedLimits } from './shared-limits.ts';
import type { Slot } from './slot.ts';

/** Callers wait for a pause up to this long; a longer pause rejects them, so that they do not block a worker. */
export const LONGEST_WAITED_PAUSE_MS = 30_000;

/** The requirements of a request. */
export interface Need {
  readonly lane: Lane;
  readonly stage: GenesysStage;
  /** The only slot that is allowed: for its token's own request, and for a repetition after a 401. */
  readonly slot?: Slot | undefined;
  /** The conversation that the request is about; `null` or absent: it is about none. */
  readonly conversationId?: string | null | undefined;
}

interface Waiter extends LaneItem {
  readonly need: Need;
  /** Milliseconds of the monotonic clock. */
  readonly since: number;
  readonly settle: (slot: Slot | null) => void;
}

/**
 * In a backlog, waiting reads of attributes leave this many requests of each token to writes and urgent reads. Those are few and
 * come one by one, so they are sent at once: an urgent read, a look at a queue, and the write.
 */
const RESERVE = 3;
/** This many waiting reads are a backlog, when the first of them has waited this long. */
const BACKLOG = { reads: 20, ms: 1_000 };
const MINUTE_MS = 60_000;

export interface PacerOptions {
  readonly clock: Clock;
  readonly slots: readonly Slot[];
  readonly limits: SharedLimits;
}

/**
 * Grants permission to send: by lane, and within a lane first come, first served. The least loaded token is used. Its budget and
 * every limit that applies to the request must allow it.
 */
export class Pacer {
  readonly #clock: Clock;
  readonly #slots: readonly Slot[];
  readonly #limits: SharedLimits;
  readonly #queue = new LaneQueue<Waiter>();
  readonly #startedAt: number;
  #cancelTimer: (() => void) | null = null;

  constructor({ clock, slots, limits }: PacerOptions) {
    this.#clock = clock;
    this.#startedAt = clock.monotonicMs();
    this.#slots = slots;
    this.#limits = limits;
    limits.onChange(() => this.review());
  }

  /**
   * Waits for the turn. A slot: one request may be sent now with its token. `null`: a pause longer than {@link
   * LONGEST_WAITED_PAUSE_MS} forbids it (see {@link pausedForMs}).
   * @throws the signal's reason
   */
  async acquire(need: Need, signal?: AbortSignal): Promise<Slot | null> {
    signal?.throwIfAborted();
    if (this.#queue.isEmpty) {
      const slot = this.#freeSlot(need, 0);
      if (slot !== null) return this.#use(slot, need);
    }
    if (this.pausedForMs(need) > LONGEST_WAITED_PAUSE_MS) return null;
    const { promise, resolve, reject } = Promise.withResolvers<Slot | null>();
    const waiter: Waiter = {
      lane: need.lane,
      need,
      since: this.#clock.monotonicMs(),
      settle: (slot) => {
        signal?.removeEventListener('abort', abandon);
        resolve(slot);
      },
    };
    const abandon = () => {
      this.#queue.remove(waiter);
      reject(signal?.reason);
      this.#grantWhatIsDue();
    };
    signal?.addEventListener('abort', abandon, { once: true });
    this.#queue.push(waiter);
    this.#grantWhatIsDue();
    return promise;
  }

  /** Something in this conversation must not wait: its waiting reads go to the lane of urgent ones. */
  hasten(conversationId: string): void {
    const late = this.#queue
      .all()
      .filter(({ lane, need }) => need.conversationId === conversationId && isBehind(lane, 'urgent-read'));
    for (const waiter of late) this.#queue.move(waiter, 'urgent-read');
  }

  /** Checks all waiting requests again: a pause began, a token was obtained, or a shared limit allows more. */
  review(): void {
    const isPaused = remembered((need) => this.pausedForMs(need) > LONGEST_WAITED_PAUSE_MS);
    for (const waiter of this.#queue.takeAll(({ need }) => isPaused(need))) waiter.settle(null);
    this.#grantWhatIsDue();
  }

  /** Milliseconds until pauses allow a request again; 0 when no pause is in force. */
  pausedForMs(need: Need): number {
    const pauses = this.#candidates(need).map((slot) =>
      Math.max(slot.budget.pausedForMs(), ...this.#limits.on(slot, need.stage).map((limit) => limit.pausedForMs())),
    );
    return Math.min(...pauses);
  }

  /** How many requests of a lane could be sent right now, after those that wait in better lanes and in this one. */
  budget(lane: Lane): number {
    const before = LANES.slice(0, LANES.indexOf(lane) + 1).reduce((sum, each) => sum + this.#queue.waitingIn(each), 0);
    const open = this.#slots.filter((slot) =>
      this.#limits.on(slot, 'get-conversation').every((limit) => limit.pausedForMs() === 0),
    );
    const left = open.reduce((sum, { budget }) => sum + Math.floor(budget.available()), 0);
    return Math.max(0, left - before);
  }

  /**
   * The part of the budget of the last minute, or of the time since the start, that was not used: from 0 to 1. A burst that waits a
   * moment uses little of it.
   */
  unusedPart(): number {
    const used = new Map<{ readonly ratePerMinute: number; readonly members: number }, number>();
    const tokens = { ratePerMinute: this.#slots.reduce((sum, { budget }) => sum + budget.ratePerMinute, 0), members: 1 };
    for (const slot of this.#slots) {
      for (const limit of [tokens, ...this.#limits.on(slot, 'get-conversation')]) {
        used.set(limit, (used.get(limit) ?? 0) + slot.budget.usedInLastMinute());
      }
    }
    const sinceStartMs = this.#clock.monotonicMs() - this.#startedAt;
    const minutes = Math.min(MINUTE_MS, Math.max(MINUTE_MS / 2, sinceStartMs)) / MINUTE_MS;
    const parts = [...used].map(([{ ratePerMinute, members }, requests]) => 1 - (requests * members) / (ratePerMinute * minutes));
    return Math.max(0, Math.min(...parts));
  }

  sentInLastMinute(): number {
    return this.#slots.reduce((sum, { budget }) => sum + budget.usedInLastMinute(), 0);
  }

  #grantWhatIsDue(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    for (;;) {
      const slotFor = this.#remembered((need, reserve) => this.#freeSlot(need, reserve));
      const waiter = this.#queue.shift((each) => slotFor(each) !== null);
      if (waiter === null) break;
      waiter.settle(this.#use(slotFor(waiter) as Slot, waiter.need));
    }
    if (!this.#queue.isEmpty) this.#wakeUpLater();
  }

  /** The least loaded slot that may be used now; `null` when there is none. Limits without permits ask for more. */
  #freeSlot(need: Need, reserve: number): Slot | null {
    const free = this.#candidates(need).filter((slot) => this.#dueInMs(slot, need, reserve) === 0);
    return free.reduce<Slot | null>((best, slot) => (best === null || isLessLoaded(slot, best) ? slot : best), null);
  }

  #use(slot: Slot, { stage }: Need): Slot {
    slot.budget.take();
    for (const limit of this.#limits.on(slot, stage)) limit.take();
    return slot;
  }

  #reserveIn(lane: Lane): number {
    if (!isBehind(lane, 'urgent-read')) return 0;
    const oldest = this.#queue.oldestIn(lane);
    if (oldest === null || this.#queue.waitingIn(lane) < BACKLOG.reads) return 0;
    return this.#clock.monotonicMs() - oldest.since >= BACKLOG.ms ? RESERVE : 0;
  }

  #dueInMs(slot: Slot, { stage }: Need, reserve: number): number {
    const ofToken = slot.budget.dueInMs(reserve);
    // Only once the token itself allows it: permits of a shared limit are for requests that can be sent now.
    return ofToken > 0 ? ofToken : Math.max(0, ...this.#limits.on(slot, stage).map((limit) => limit.dueInMs()));
  }

  /** All slots while there is no token: the request that gets a slot obtains its token first. */
  #candidates({ slot }: Need): readonly Slot[] {
    if (slot !== undefined) return [slot];
    const usable = this.#slots.filter((each) => each.isUsable());
    return usable.length > 0 ? usable : this.#slots;
  }

  /** A limit whose permits are being leased reports a change instead of a time. */
  #wakeUpLater(): void {
    const dueInMs = this.#remembered((need, reserve) =>
      Math.min(...this.#candidates(need).map((slot) => this.#dueInMs(slot, need, reserve))),
    );
    const delayMs = this.#queue.all().reduce((least, waiter) => Math.min(least, dueInMs(waiter)), Number.POSITIVE_INFINITY);
    if (delayMs === Number.POSITIVE_INFINITY) return;
    this.#cancelTimer = this.#clock.setTimer(() => this.#grantWhatIsDue(), Math.max(1, Math.ceil(delayMs)));
  }

  /** Thousands may wait, but what they need differs only by lane, slot and call. */
  #remembered<T>(look: (need: Need, reserve: number) => T): (waiter: Pick<Waiter, 'lane' | 'need'>) => T {
    const looks = Object.fromEntries(
      LANES.map((lane) => {
        const reserve = this.#reserveIn(lane);
        return [lane, remembered((need) => look(need, reserve))];
      }),
    ) as Record<Lane, (need: Need) => T>;
    return ({ lane, need }) => looks[lane](need);
  }
}

function isBehind(lane: Lane, other: Lane): boolean {
  return LANES.indexOf(lane) > LANES.indexOf(other);
}

function isLessLoaded(slot: Slot, other: Slot): boolean {
  const left = slot.budget.available();
  const otherLeft = other.budget.available();
  return left === otherLeft ? slot.budget.usedInLastMinute() < other.budget.usedInLastMinute() : left > otherLeft;
}

/** One look for each slot and call. */
function remembered<T>(look: (need: Need) => T): (need: Need) => T {
  const found = new Map<Slot | undefined, Map<GenesysStage, T>>();
  return (need) => {
    const byStage = found.get(need.slot) ?? new Map<GenesysStage, T>();
    found.set(need.slot, byStage);
    const known = byStage.get(need.stage);
    if (known !== undefined) return known;
    const value = look(need);
    byStage.set(need.stage, value);
    return value;
  };
}
