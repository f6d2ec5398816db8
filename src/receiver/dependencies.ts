import type { Queue } from 'bullmq';
import type { Logger } from 'pino';
import type { WebhookConfig } from '../config/config.ts';
import type { InboxEntry } from '../domain/inbox-entry.ts';
import type { ToldOutcome } from '../domain/outcome.ts';
import type { TraceContext } from '../domain/trace-context.ts';
import type { ConversationJob } from '../queue/conversation-queue.ts';
import type { DeadLetter } from '../queue/dead-letters.ts';
import type { ParsedCommand } from '../rules/parse-command.ts';
import type { RuleSet } from '../rules/rule-set.ts';

/** What became of one entry that was handed to the store. */
export interface Stored {
  readonly status: 'accepted' | 'duplicate';
}

export interface DeliveryStore {
  /**
   * Resolves when every entry (of this call, or of an earlier one with the same id) is durable and its conversation has
   * a job; in the order of `entries`. Rejects when that can't be made sure of; then the sender is told to try again.
   */
  accept(entries: readonly InboxEntry[]): Promise<readonly Stored[]>;
}

export type CommandStatus =
  | { readonly status: 'pending' }
  | { readonly status: 'done'; readonly outcomes: readonly ToldOutcome[] };

export interface Readiness {
  readonly ready: boolean;
  /** By name of what was checked: whether it is as it should be. */
  readonly checks: Readonly<Record<string, boolean>>;
}

/** What every role serves. */
export interface HealthDependencies {
  isReady(): Promise<Readiness>;
  renderMetrics(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** What only a role with a receiver serves. */
export interface WebhookDependencies {
  readonly config: WebhookConfig;
  readonly store: DeliveryStore;
  /** The rules in force now; asked for each delivery, so that a reload takes effect. */
  ruleSet(): RuleSet;
  /** `conversationId` is that of the path. */
  parseCommand(body: unknown, conversationId: string): ParsedCommand;
  /** Remembers a command before it is stored; answers the trace id that it was first asked with. */
  beginCommand(conversationId: string, entryId: string, traceId: string): Promise<string>;
  /** Of the command with that `InboxEntry.id`; `null` when that conversation has none. */
  commandStatus(conversationId: string, entryId: string): Promise<CommandStatus | null>;
  /** The trace of a conversation: `fresh` the first time, and what was answered then ever after. */
  traceOf(conversationId: string, fresh: TraceContext): Promise<TraceContext>;
  /** Epoch milliseconds. */
  now(): number;
}

export interface AdminQueues {
  readonly conversations: Queue<ConversationJob>;
  readonly deadLetters: Queue<DeadLetter>;
}

/** What `/admin` shows, to whom. */
export interface AdminDependencies {
  readonly token: string;
  /** Rejects while Redis is away. */
  openQueues(): Promise<AdminQueues>;
}

export interface ReceiverDependencies {
  readonly logger: Logger;
  /** From then on deliveries are refused, while health is told until the server is closed. */
  isShuttingDown(): boolean;
  readonly health: HealthDependencies;
  /** `null` when the role has no receiver: then only health and metrics are served. */
  readonly webhook: WebhookDependencies | null;
  /** `null` when no `ADMIN_TOKEN` is set: then there is no `/admin`. */
  readonly admin: AdminDependencies | null;
}
