import { CALL_NAMES, type CallName } from './call-name.ts';
import { defaultCode, PlatformError } from './error-body.ts';

/** `before` or `after` the call was executed. With `after`, the client cannot know that its write happened. */
export type Moment = 'before' | 'after';

/** The failure of a request. It has at least one effect; several effects can be combined (latency and a status, for example). */
export interface FaultSpec {
  readonly call: CallName | '*';
  /** Only requests about this conversation. */
  readonly conversationId?: string;
  /** How many requests; default 1, and unlimited when a probability is given. */
  readonly times?: number;
  /** 0 to 1: the probability for each matching request, drawn from the simulator's seeded generator. */
  readonly probability?: number;
  /** Delays the response; the call is executed at once. */
  readonly latencyMs?: number;
  /** Returns this status instead, with Genesys's error body. */
  readonly status?: number;
  readonly code?: string;
  readonly message?: string;
  /** With `status`: whether the call is executed all the same, as with a 500 after the write. Default false. */
  readonly execute?: boolean;
  readonly retryAfterSeconds?: number;
  /** The format of `Retry-After`. Default `seconds`. */
  readonly retryAfterFormat?: 'seconds' | 'http-date';
  readonly dropConnection?: Moment;
  /** Never responds; the connection stays open. */
  readonly hang?: Moment;
  /** The response to a write is its success, but the write is dropped. */
  readonly lostWrite?: boolean;
  /** Another writer changes the conversation: after the response of a GET, before the check of a write. */
  readonly conflict?: boolean;
}

export interface Fault extends FaultSpec {
  readonly id: number;
  /** Requests that it will still hit; `null` is unlimited. */
  remaining: number | null;
}

const EFFECTS = ['latencyMs', 'status', 'dropConnection', 'hang', 'lostWrite', 'conflict'] as const;

/** Faults wait in the order in which they were added. A request takes the first fault that matches it, and only that one. */
export class FaultList {
  #faults: Fault[] = [];
  #nextId = 1;
  #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** Throws a TypeError for a specification without an effect or with an unknown call. */
  add(spec: FaultSpec): Fault {
    if (spec.call !== '*' && !CALL_NAMES.includes(spec.call)) {
      throw new TypeError(`a fault's call is one of *, ${CALL_NAMES.join(', ')}; found ${JSON.stringify(spec.call)}`);
    }
    if (!EFFECTS.some((effect) => spec[effect] !== undefined)) throw new TypeError(`a fault needs one of ${EFFECTS.join(', ')}`);
    const fault = { ...spec, id: this.#nextId++, remaining: spec.times ?? (spec.probability === undefined ? 1 : null) };
    this.#faults.push(fault);
    return fault;
  }

  /** The fault for this request, or `null`; taking it uses it up. */
  take(call: CallName, conversationId: string | null): Fault | null {
    if (this.#faults.length === 0) return null;
    const fault = this.#faults.find((each) => this.#hits(each, call, conversationId));
    if (!fault) return null;
    if (fault.remaining !== null) {
      fault.remaining -= 1;
      if (fault.remaining <= 0) this.#faults = this.#faults.filter((each) => each !== fault);
    }
    return fault;
  }

  #hits(fault: Fault, call: CallName, conversationId: string | null): boolean {
    if (fault.call !== '*' && fault.call !== call) return false;
    if (fault.conversationId !== undefined && fault.conversationId !== conversationId) return false;
    return fault.probability === undefined || this.#random() < fault.probability;
  }

  list(): readonly Fault[] {
    return this.#faults;
  }

  clear(): void {
    this.#faults = [];
  }

  reseed(seed: number): void {
    this.#random = seededRandom(seed);
  }
}

/** The error for a fault with a status, else `null`. */
export function faultError(fault: Fault, now: number): PlatformError | null {
  if (fault.status === undefined) return null;
  const code = fault.code ?? defaultCode(fault.status);
  return new PlatformError(fault.status, code, fault.message ?? `Simulated fault: ${code}`, {
    retryAfter: retryAfter(fault, now),
  });
}

/** In words, for the journal: `status 503`, `drop after`, ... */
export function describeFault(fault: Fault): string {
  const words = [
    fault.latencyMs !== undefined && `latency ${fault.latencyMs} ms`,
    fault.status !== undefined && `status ${fault.status}${fault.execute ? ' after executing' : ''}`,
    fault.dropConnection && `drop ${fault.dropConnection}`,
    fault.hang && `hang ${fault.hang}`,
    fault.lostWrite && 'lost write',
    fault.conflict && 'conflict',
  ];
  return words.filter(Boolean).join(', ');
}

function retryAfter(fault: Fault, now: number): string | undefined {
  if (fault.retryAfterSeconds === undefined) return undefined;
  return fault.retryAfterFormat === 'http-date'
    ? new Date(now + fault.retryAfterSeconds * 1000).toUTCString()
    : String(fault.retryAfterSeconds);
}

/** mulberry32: small, fast, and the same everywhere for the same seed. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
