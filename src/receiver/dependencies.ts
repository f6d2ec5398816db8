import type { Logger } from 'pino';
import type { WebhookConfig } from '../config/config.ts';
import type { Desk } from '../desk/desk.ts';
import type { EventStory } from '../desk/event-story.ts';
import type { TraceContext } from '../domain/trace-context.ts';
import type { Intake } from '../intake/intake.ts';
import type { ParsedCommand } from '../rules/parse-command.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import type { TraceUrl } from './admin/conversation-page.ts';

export interface Readiness {
  readonly ready: boolean;
  /** The result of each check by its name: `true` is good. */
  readonly checks: Readonly<Record<string, boolean>>;
  /** Epoch milliseconds until which a 429 forbids calls to Genesys; `null`: nothing is paused. */
  readonly pausedUntil: number | null;
}

/** What every role serves. */
export interface HealthDependencies {
  isReady(): Promise<Readiness>;
  renderMetrics(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** What only a role with a receiver serves. */
export interface WebhookDependencies {
  readonly config: WebhookConfig;
  /** The maximum that the bodies of all requests may hold together. */
  readonly receivingLimitBytes: number;
  /** The current token whose holder may read what API keys may read; `null`: there is none. */
  adminToken(): string | null;
  readonly intake: Intake;
  /** `conversationId` is that of the path. */
  parseCommand(body: unknown, conversationId: string): ParsedCommand;
  /** The trace of a conversation: `fresh` the first time; afterwards the same trace is returned every time. */
  traceOf(conversationId: string, fresh: TraceContext): Promise<TraceContext>;
  /** The history of a conversation's events, oldest first. */
  eventsOf(conversationId: string): Promise<readonly EventStory[]>;
  /** Epoch milliseconds. */
  now(): number;
}

/** The content of `/admin`, and who may see it. */
export interface AdminDependencies {
  /** A reload may replace it. */
  currentToken(): string | null;
  /** Names of the kinds of action. */
  readonly actionTypes: readonly string[];
  /** How long stories are kept. */
  readonly storyDays: number;
  /** The URL template of a trace; `null`: there are no links. */
  readonly traceUrl: TraceUrl;
  ruleSet(): RuleSet;
  /** Rejects while Redis is away. */
  openDesk(): Promise<Desk>;
}

export interface ReceiverDependencies {
  readonly logger: Logger;
  /** From then on each response closes its connection, so that the next request goes to another process. */
  isShuttingDown(): boolean;
  /** From then on deliveries are refused; health is served until the server is closed. */
  refusesDeliveries(): boolean;
  /** Whether `/readyz` and `/metrics` are served here; `/healthz` always is. */
  readonly servesOperations: boolean;
  readonly health: HealthDependencies;
  /** `null` when the role has no receiver: then only health and metrics are served. */
  readonly webhook: WebhookDependencies | null;
  /** `null` when no `ADMIN_TOKEN` is set: then there is no `/admin`. */
  readonly admin: AdminDependencies | null;
}
