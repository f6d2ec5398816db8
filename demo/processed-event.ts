import type { ActionType } from '../src/domain/action.ts';
import type { OutcomeKind, OutcomeReason } from '../src/domain/outcome.ts';

export interface LoggedOutcome {
  readonly rule: string | null;
  readonly action: ActionType;
  readonly outcome: OutcomeKind;
  readonly reason: OutcomeReason;
  readonly detail: string;
  readonly participantId: string | null;
}

/** The service's one wide log line for each event that it has finished. */
export interface ProcessedEvent {
  readonly conversationId: string;
  readonly eventId: string;
  readonly topic: string;
  readonly outcomes: readonly LoggedOutcome[];
  readonly attempts: number;
  readonly durationMs: number;
  readonly traceId: string;
}

/** `null` when the log line is another one. */
export function readProcessedEvent(line: Readonly<Record<string, unknown>>): ProcessedEvent | null {
  return line.msg === 'event processed' && Array.isArray(line.outcomes) ? (line as unknown as ProcessedEvent) : null;
}
