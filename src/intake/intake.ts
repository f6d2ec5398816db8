import type { DeliveredEvent } from '../domain/delivered-event.ts';
import type { SentEvent, Via } from '../domain/inbox-entry.ts';
import type { ToldOutcome } from '../domain/outcome.ts';
import type { Fence } from '../redis/fence.ts';
import type { Command } from '../rules/parse-command.ts';
import type { Stored } from './delivery-store.ts';

/** `ignored`: no rule matches the event; it was counted and cost the store nothing. */
export type EventStatus = Stored['status'] | 'ignored';

export interface Origin {
  readonly via: Via;
  /** For a sender of which there may be only one; `null`: any number of senders may write. */
  readonly fence: Fence | null;
  /** What a single event was parsed from; without it, or with several events, they are stored written out. */
  readonly sent?: SentEvent;
}

/** The result for the events of one delivery. */
export interface Receipt {
  readonly accepted: number;
  readonly duplicate: number;
  readonly ignored: number;
  /** In the order of the events. */
  readonly events: readonly { readonly id: string; readonly status: EventStatus }[];
}

/** A conversation of which events may be missing. */
export interface LookRequest {
  readonly conversationId: string;
  readonly id: string;
  /** What is seen counts as a snapshot of one of them; empty: of any queue or user. */
  readonly topics: readonly string[];
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  readonly fence: Fence | null;
}

/** Actions that a caller requested. */
export interface CommandRequest {
  readonly conversationId: string;
  /**
   * The caller's idempotency key; a digest of key and content if nothing proves that the key is the caller's; else a random one.
   */
  readonly id: string;
  /** The key that nothing proves to be the caller's; the caller may still look up the command by it. `null`: none. */
  readonly name: string | null;
  readonly command: Command;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
}

export type CommandStatus =
  | { readonly status: 'pending' }
  | { readonly status: 'done'; readonly outcomes: readonly ToldOutcome[] };

/**
 * The only entrance for events and commands, whatever their source. Accepted events and commands are durable when the promise
 * resolves.
 */
export interface Intake {
  /**
   * Stores the events that a rule matches, all or none. Returns the result of each of `events`.
   * @param receivedAt epoch milliseconds
   * @param origin default: the webhook
   * @throws StoreUnavailableError, KeyReusedError with the position among `events`, FencedError when the sender was replaced
   */
  acceptEvents(events: readonly DeliveredEvent[], receivedAt: number, origin?: Origin): Promise<Receipt>;
  /**
   * Stores that a conversation is to be looked at, in its turn among the conversation's events; once for its id.
   * @throws StoreUnavailableError, FencedError
   */
  acceptLook(request: LookRequest): Promise<void>;
  /**
   * Stores a command, once for its conversation and id. Returns the id to look it up by, and the trace id of the first request.
   * The command's work appears in that trace.
   * @throws StoreUnavailableError, KeyReusedError
   */
  acceptCommand(request: CommandRequest): Promise<{ readonly id: string; readonly traceId: string }>;
  /** By id or name; `null` when the conversation has no such command. @throws StoreUnavailableError */
  commandStatus(conversationId: string, id: string): Promise<CommandStatus | null>;
}
