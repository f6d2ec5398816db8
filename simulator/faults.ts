import { CALL_NAMES, type CallName } from './call-name.ts';
import { defaultCode, PlatformError } from './error-body.ts';

/** `before` or `after` the call was executed: after, the client cannot know that its write happened. */
export type Moment = 'before' | 'after';

/** What goes wrong with a request. At least one effect; several of them can go together (latency and a status, say). */
export interface FaultSpec {
  readonly call: CallName | '*';
  /** Only requests about this conversation. */
  readonly conversationId?: string;
  /** How many requests; default 1, and without an end when a probability is given. */
  readonly times?: number;
  /** 0 to 1: each matching request is hit with this chance, drawn from the simulator's seeded generator. */
  readonly probability?: number;
  /** The answer waits so long; the call is executed at once. */
  readonly latencyMs?: number;
  /** Answers this status instead, with Genesys's error body. */
  readonly status?: number;
  readonly code?: string;
  readonly message?: string;
  /** With `status`: whether the call is executed all the same, as with a 500 after the write. Default false. */
  readonly execute?: boolean;
  readonly retryAfterSeconds?: number;
  /** How `Retry-After` is written. Default `seconds`. */
  readonly retryAfterFormat?: 'seconds' | 'http-date';
  readonly dropConnection?: Moment;
  /** No answer ever; the connection stays open. */
  readonly hang?: Moment;
  /** A write is answered with its success and forgotten. */
  readonly lostWrite?: boolean;
  /** Another writer changes the conversation: after the answer of a GET, before the check of a write. */
  readonly conflict?: boolean;
}

export interface Fault extends FaultSpec {
  readonly id: number;
  /** Requests that it will still hit; `null` is no end. */
  remaining: number | null;
}

const EFFECTS = ['latencyMs', 'status', 'dropConnection', 'hang', 'lostWrite', 'conflict'] as const;

/** Faults wait in the order in which they were added; a request takes the first one that is for it, and only that one. */
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

  /** The fault for this request, or `null`; it is used up by being taken. */
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

/** The error that a fault with a status answers, else `null`. */
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
