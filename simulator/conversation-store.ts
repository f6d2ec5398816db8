import type { Conversation } from './conversation.ts';
import { CODES, PlatformError } from './error-body.ts';

interface Snapshot {
  readonly conversation: Conversation;
  /** Counts the changes of the conversation, from 1. */
  readonly version: number;
  /** The response of a GET, built when it is first requested. */
  json: string | null;
}

interface Stored {
  /** Includes every accepted write; preconditions and versions are checked against it. */
  accepted: Snapshot;
  /** The state that a GET shows. */
  visible: Snapshot;
  /** Accepted, but not visible yet; oldest first. */
  pending: { readonly visibleAt: number; readonly snapshot: Snapshot }[];
  readonly visibility: Visibility;
}

/** When the API shows a change of a conversation. */
export interface Visibility {
  /** Epoch milliseconds; before this time the API does not know the conversation. */
  readonly existsAt: number;
  /** From the 202 of a write until a GET shows it. */
  readonly writeVisibilityMs: number;
}

/**
 * Conversations, each as accepted and as a GET shows it: Genesys returns 202 for a write and shows it later. Changes of one
 * conversation become visible in the order in which they were made.
 */
export class ConversationStore {
  readonly #conversations = new Map<string, Stored>();
  readonly #withVersionField: boolean;
  readonly #onChange: (conversation: Conversation) => void;

  /** `onChange` gets every accepted change, including a new conversation. */
  constructor(options: { readonly withVersionField: boolean; onChange?(conversation: Conversation): void }) {
    this.#withVersionField = options.withVersionField;
    this.#onChange = options.onChange ?? (() => undefined);
  }

  /** Replaces a conversation of the same id. */
  create(conversation: Conversation, visibility: Visibility): void {
    const snapshot: Snapshot = { conversation, version: 1, json: null };
    this.#conversations.set(conversation.id, { accepted: snapshot, visible: snapshot, pending: [], visibility });
    this.#onChange(conversation);
  }

  /** As the API shows it at `now`, as JSON. Throws 404 `conversation.not.found`. */
  fetch(conversationId: string, now: number): { readonly json: string; readonly version: number } {
    const stored = this.#require(conversationId, now);
    const visible = show(stored, now);
    visible.json ??= this.#stringify(visible);
    return { json: visible.json, version: visible.version };
  }

  /** Includes every accepted write. Throws 404 `conversation.not.found`. */
  accepted(
    conversationId: string,
    now: number,
  ): { readonly conversation: Conversation; readonly version: number; readonly writeVisibilityMs: number } {
    const { accepted, visibility } = this.#require(conversationId, now);
    return { conversation: accepted.conversation, version: accepted.version, writeVisibilityMs: visibility.writeVisibilityMs };
  }

  /**
   * Changes the conversation; a GET shows it from `visibleAt` on. Rethrows the error of `change`, and then nothing has changed.
   */
  mutate(
    conversationId: string,
    change: (conversation: Conversation) => Conversation,
    now: number,
    visibleAt = now,
  ): Conversation {
    const stored = this.#conversations.get(conversationId);
    if (!stored) throw conversationNotFound(conversationId);
    show(stored, now);
    const snapshot: Snapshot = {
      conversation: change(stored.accepted.conversation),
      version: stored.accepted.version + 1,
      json: null,
    };
    stored.accepted = snapshot;
    stored.pending.push({ visibleAt, snapshot });
    this.#onChange(snapshot.conversation);
    return snapshot.conversation;
  }

  /**
   * Includes every accepted write, or `null`; for the control side, which also sees conversations that the API does not know yet.
   */
  find(conversationId: string): Conversation | null {
    return this.#conversations.get(conversationId)?.accepted.conversation ?? null;
  }

  list(): Conversation[] {
    return Array.from(this.#conversations.values(), (stored) => stored.accepted.conversation);
  }

  clear(): void {
    this.#conversations.clear();
  }

  #require(conversationId: string, now: number): Stored {
    const stored = this.#conversations.get(conversationId);
    if (!stored || stored.visibility.existsAt > now) throw conversationNotFound(conversationId);
    return stored;
  }

  #stringify({ conversation, version }: Snapshot): string {
    return JSON.stringify(this.#withVersionField ? { ...conversation, version } : conversation);
  }
}

/** A change that is not due yet delays the changes after it. */
function show(stored: Stored, now: number): Snapshot {
  while (stored.pending[0] && stored.pending[0].visibleAt <= now) {
    stored.visible = stored.pending[0].snapshot;
    stored.pending.shift();
  }
  return stored.visible;
}

function conversationNotFound(conversationId: string): PlatformError {
  return new PlatformError(404, CODES.conversationNotFound, `The conversation ${conversationId} was not found.`, {
    messageParams: { conversationId },
    entityId: conversationId,
  });
}
