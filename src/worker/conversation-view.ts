import type { Conversation, FetchedConversation, GenesysClient } from '../genesys/genesys-client.ts';
import type { Lane } from '../genesys/lane.ts';
import type { FreshSnapshot } from './snapshot-of.ts';

/** The maximum age of a fetch on which another batch is planned. */
const FRESH_MS = 1000;

/** The conversation as last fetched: one GET serves planning, confirmation and the next batch. */
export class ConversationView {
  readonly conversationId: string;
  readonly client: GenesysClient;
  private readonly signal: AbortSignal;
  private latest: FetchedConversation | null = null;
  private writtenSinceFetch = false;
  private isOfSnapshot = false;

  constructor(options: { conversationId: string; client: GenesysClient; signal: AbortSignal }) {
    this.conversationId = options.conversationId;
    this.client = options.client;
    this.signal = options.signal;
  }

  /** As last fetched; `null` before the first fetch. */
  get latestConversation(): Conversation | null {
    return this.latest?.conversation ?? null;
  }

  /** Epoch milliseconds at which the last fetch was requested; `null` before the first one. */
  get requestedAt(): number | null {
    return this.latest?.requestedAt ?? null;
  }

  /** Whether the last fetch is recent and shows all our writes: a confirming GET serves the next batch. */
  isFresh(now: number): boolean {
    return this.latest !== null && !this.isOfSnapshot && !this.writtenSinceFetch && now - this.latest.requestedAt <= FRESH_MS;
  }

  /** It was not fetched but came as a snapshot, which shows less. */
  get isSnapshot(): boolean {
    return this.isOfSnapshot;
  }

  /** A snapshot serves as the fetch. It has no version, so the write is sent without one. */
  adopt({ conversation, receivedAt }: FreshSnapshot): void {
    this.latest = { conversation, version: null, requestedAt: receivedAt };
    this.writtenSinceFetch = false;
    this.isOfSnapshot = true;
  }

  /** Something was written after the last fetch, so the fetch does not show it. */
  get isOutdated(): boolean {
    return this.writtenSinceFetch;
  }

  /** The conversation of the last fetch; fetches it when there was none. */
  async current(): Promise<Conversation> {
    return (this.latest ?? (await this.refresh())).conversation;
  }

  /** In the lane of writes unless another is given: a batch that has begun confirms its writes, or is about to write. */
  async refresh(lane: Lane = 'write'): Promise<FetchedConversation> {
    this.assertNotStopped();
    this.latest = await this.client.getConversation(this.conversationId, lane);
    this.writtenSinceFetch = false;
    this.isOfSnapshot = false;
    return this.latest;
  }

  /**
   * Sends a write with the version of a fetch, unless one of our writes followed that fetch. Our own write raises the version,
   * and a second write with the old version would be refused.
   */
  async write<T>(send: (version: string | null) => Promise<T>): Promise<T> {
    const versioned = this.latest?.version != null;
    const { version } = this.latest === null || (versioned && this.writtenSinceFetch) ? await this.refresh() : this.latest;
    this.assertNotStopped();
    this.writtenSinceFetch = true;
    return send(version);
  }

  /** Always the same error, whatever value the abort reason has. */
  private assertNotStopped(): void {
    if (this.signal.aborted) throw new DOMException('the batch was told to stop', 'AbortError');
  }
}
