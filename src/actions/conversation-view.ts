import { setTimeout as delay } from 'node:timers/promises';
import type { Conversation, FetchedConversation, GenesysClient } from '../genesys/genesys-client.ts';
import { GenesysError } from '../genesys/genesys-error.ts';
import type { Lane } from '../genesys/lane.ts';

/**
 * Pauses before each read-back of a write, 10 s in all (design: "again after short delays, up to 10 s in all").
 * Delays between write and visibility are reported from 200 ms to over 10 s; the first read also collects what arrived meanwhile.
 */
const READ_BACK_DELAYS_MS: readonly number[] = [100, 200, 400, 800, 1500, 3000, 4000];

/** @throws the signal's reason */
export type Pause = (pauseMs: number, signal: AbortSignal) => Promise<void>;

const pauseOnly: Pause = (pauseMs, signal) => delay(pauseMs, undefined, { signal });

/** How old a fetch may be that another batch is planned on. */
const FRESH_MS = 1000;

/** The conversation as last fetched: one GET serves planning, confirmation and the next batch. */
export class ConversationView {
  readonly conversationId: string;
  readonly client: GenesysClient;
  private readonly readBackDelaysMs: readonly number[];
  private readonly pause: Pause;
  private readonly signal: AbortSignal;
  private latest: FetchedConversation | null = null;
  private writtenSinceFetch = false;

  constructor(options: {
    conversationId: string;
    client: GenesysClient;
    signal: AbortSignal;
    readBackDelaysMs?: readonly number[];
    /** Waits before a read-back; whoever processes many conversations has something else to do meanwhile. */
    pause?: Pause;
  }) {
    this.conversationId = options.conversationId;
    this.client = options.client;
    this.signal = options.signal;
    this.readBackDelaysMs = options.readBackDelaysMs ?? READ_BACK_DELAYS_MS;
    this.pause = options.pause ?? pauseOnly;
  }

  /** As last fetched; `null` before the first fetch. */
  get latestConversation(): Conversation | null {
    return this.latest?.conversation ?? null;
  }

  /** Whether the last fetch is recent and shows all that we wrote: a confirming GET serves the next batch. */
  isFresh(now: number): boolean {
    return this.latest !== null && !this.writtenSinceFetch && now - this.latest.requestedAt <= FRESH_MS;
  }

  /** The conversation of the last fetch; fetches when there was none. */
  async conversation(): Promise<Conversation> {
    return (this.latest ?? (await this.refresh())).conversation;
  }

  /** Something was written after the last fetch, which therefore does not show it. */
  get isOutdated(): boolean {
    return this.writtenSinceFetch;
  }

  /** In the lane of writes unless another is given: a batch that has begun confirms what it wrote, or is about to write. */
  async refresh(lane: Lane = 'write'): Promise<FetchedConversation> {
    this.assertNotStopped();
    this.latest = await this.client.getConversation(this.conversationId, lane);
    this.writtenSinceFetch = false;
    return this.latest;
  }

  /**
   * Sends a write with the version of a fetch that no write of ours has followed: our own write raises the version,
   * and a second one with the old version would be refused.
   */
  async write<T>(send: (version: string | null) => Promise<T>): Promise<T> {
    const versioned = this.latest?.version != null;
    const { version } = this.latest === null || (versioned && this.writtenSinceFetch) ? await this.refresh() : this.latest;
    this.assertNotStopped();
    this.writtenSinceFetch = true;
    return send(version);
  }

  /** @throws AbortError */
  rest(pauseMs: number): Promise<void> {
    return this.pause(pauseMs, this.signal);
  }

  /** Always the same error, whatever the reason was given as. */
  private assertNotStopped(): void {
    if (this.signal.aborted) throw new DOMException('the batch was told to stop', 'AbortError');
  }

  /** Fetches again with growing pauses until `holds`; false when it did not hold within 10 s. */
  async readBackUntil(holds: (conversation: Conversation) => boolean): Promise<boolean> {
    let failure: unknown = null;
    for (const pauseMs of this.readBackDelaysMs) {
      await this.rest(pauseMs);
      try {
        const { conversation } = await this.refresh();
        failure = null;
        if (holds(conversation)) return true;
      } catch (error) {
        if (!isPassing(error)) throw error;
        failure = error;
      }
    }
    if (failure !== null) throw failure;
    return false;
  }
}

/** A failure that the next read-back may well not have. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof GenesysError)) return false;
  return error.failure === 'timeout' || error.failure === 'connection' || (error.status ?? 0) >= 500 || error.status === 408;
}
