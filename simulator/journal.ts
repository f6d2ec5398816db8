import type { CallName } from './call-name.ts';
import type { WrapupInput } from './conversation.ts';

/** The content of a write. */
export type Write =
  | { readonly kind: 'attributes'; readonly attributes: Readonly<Record<string, string>> }
  | ({ readonly kind: 'wrapup' /** Of the communication's own call. */; readonly communicationId?: string } & WrapupInput)
  | { readonly kind: 'transfer'; readonly destination: TransferDestination; readonly transferType: string };

export type TransferDestination =
  | { readonly queueId: string }
  | { readonly userId: string }
  | { readonly address: string }
  | { readonly contactId: string; readonly phoneType: string };

/** One request that reached the simulator. */
export interface JournalRecord {
  /** Counts from 1 since the start, in order of arrival; not reset by `clear`. */
  readonly sequence: number;
  /** Epoch milliseconds of arrival. */
  readonly at: number;
  readonly call: CallName;
  readonly conversationId: string | null;
  readonly participantId: string | null;
  /** The status of the response; `null` while there is none, and forever when the connection was dropped or left hanging. */
  status: number | null;
  /** The error code of the response, else `null`. */
  code: string | null;
  /** Whether the call took effect. False for a refused call and for a lost write. */
  executed: boolean;
  /** A description of the fault that hit it, else `null`. */
  fault: string | null;
  readonly correlationId: string;
  readonly ifMatch: string | null;
  /** Which of `traceparent`, `tracestate` and `baggage` came with it. */
  readonly traceHeaders: readonly string[];
  /** The effect of an executed write; else `null`. */
  write: Write | null;
  /** Alternating names and values as received, with the option `recordRawHeaders`; includes the authorization. */
  readonly rawHeaders?: readonly string[];
}

/** A write that took effect. */
export type ExecutedWrite = JournalRecord & { readonly executed: true; readonly write: Write };

/** Every request in order of arrival, so that an outside ledger can be computed from it. Keeps the newest `limit` records. */
export class Journal {
  #records: JournalRecord[] = [];
  #sequence = 0;
  #dropped = 0;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  append(record: Omit<JournalRecord, 'sequence'>): JournalRecord {
    const kept: JournalRecord = { sequence: ++this.#sequence, ...record };
    this.#records.push(kept);
    // Trimmed in large steps: a shift for each request would cost more than the request.
    if (this.#records.length > this.#limit * 1.25) {
      this.#dropped += this.#records.length - this.#limit;
      this.#records = this.#records.slice(-this.#limit);
    }
    return kept;
  }

  records(): readonly JournalRecord[] {
    return this.#records;
  }

  executedWrites(): ExecutedWrite[] {
    return this.#records.filter((record): record is ExecutedWrite => record.executed && record.write !== null);
  }

  /** Records that the limit removed since the last `clear`. A ledger is only correct when this is 0. */
  get dropped(): number {
    return this.#dropped;
  }

  clear(): void {
    this.#records = [];
    this.#dropped = 0;
  }
}
