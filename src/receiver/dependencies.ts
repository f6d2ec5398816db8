import type { Queue } from 'bullmq';
import type { Logger } from 'pino';
import type { WebhookConfig } from '../config/config.ts';
import type { TraceContext } from '../domain/trace-context.ts';
import type { Intake } from '../intake/intake.ts';
import type { ConversationJob } from '../queue/conversation-queue.ts';
import type { DeadLetter } from '../queue/dead-letters.ts';
import type { MaskAction } from '../queue/mask-dead-letter.ts';
import type { ParsedCommand } from '../rules/parse-command.ts';

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
  /** The most that the bodies of all requests may hold together. */
  readonly receivingLimitBytes: number;
  /** Who has it may read what API keys may read; `null`: nobody has. */
  readonly adminToken: string | null;
  readonly intake: Intake;
  /** `conversationId` is that of the path. */
  parseCommand(body: unknown, conversationId: string): ParsedCommand;
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
  readonly maskAction: MaskAction;
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
