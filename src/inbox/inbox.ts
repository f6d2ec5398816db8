import type { InboxEntry } from '../domain/inbox-entry.ts';
import type { Fence } from '../redis/fence.ts';

/** The result of appending one entry. */
export interface Appended {
  readonly status: 'accepted' | 'duplicate';
  /** Whether the conversation may have no job, so that the caller must make sure of one. */
  readonly needsJob: boolean;
}

/** An idempotency key is known with other content: its user has used one key for two things. Nothing was appended. */
export class KeyReusedError extends Error {
  override readonly name = 'KeyReusedError';
  readonly code = 'key-reused';
  /** The position of the entry among those of the call. */
  readonly position: number;
  readonly conversationId: string;

  constructor(position: number, conversationId: string) {
    super('the idempotency key is known with other content');
    this.position = position;
    this.conversationId = conversationId;
  }
}

/** One entry as read from the head of an inbox; `raw` names it when it is acknowledged. */
export interface InboxItem {
  readonly raw: string;
  /** `null` when the stored text can't be read as an entry (an unknown version, damaged JSON). */
  readonly entry: InboxEntry | null;
}

/** The changes at the head of an inbox. Items that are no longer there are skipped. */
export interface Settlement {
  /** Removed, in order, from the head. */
  readonly remove: readonly InboxItem[];
  /** Replacements of items (attempts, outcomes). */
  readonly replace: readonly { readonly item: InboxItem; readonly entry: InboxEntry }[];
  /**
   * `null`: nothing in the conversation awaits proof any more. Epoch milliseconds: what remains awaits proof until then, and an event
   * that comes meanwhile needs a job. Absent: the worker goes on with the conversation.
   */
  readonly awaitsUntil?: number | null;
}

export interface ReadBounds {
  /** How many items at the head are skipped; default 0. */
  readonly from?: number;
  /** Stops before the item that would exceed it, but always reads the first. Default: no limit. */
  readonly maxBytes?: number;
}

/** The inbox of each conversation: a durable list, oldest entry first. */
export interface Inbox {
  /**
   * Stores all of `entries` in one step, all or nothing. Returns the result of each, in the same order.
   * @throws KeyReusedError, FencedError when the writer was replaced
   */
  append(entries: readonly InboxEntry[], fence?: Fence | null): Promise<Appended[]>;
  /** Oldest first; nothing is removed. */
  read(conversationId: string, limit: number, bounds?: ReadBounds): Promise<InboxItem[]>;
  /**
   * Fenced: `settled` is false when the head is not what the caller read (another worker was faster), and then nothing was
   * changed.
   */
  settle(conversationId: string, settlement: Settlement): Promise<Settled>;
}

export interface Settled {
  readonly settled: boolean;
  /** How many entries the inbox holds. */
  readonly remaining: number;
  /** How much evidence came for the conversation and was not taken yet. */
  readonly evidence: number;
}
