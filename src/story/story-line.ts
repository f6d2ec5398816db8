import type { ActionType } from '../domain/action.ts';
import type { Via } from '../domain/inbox-entry.ts';
import type { OutcomeKind } from '../domain/outcome.ts';
import type { Verdict } from '../rules/rule-matcher.ts';

/**
 * The result of a rule whose topic fits. `not-matched`: the rule came after the event, or an older release took the event in.
 */
export interface StoryVerdict {
  readonly rule: string;
  readonly verdict: Verdict | 'not-matched';
}

/** A Genesys call in the form kept in the story. */
export interface StoryCall {
  readonly stage: string;
  /** HTTP status, or without one the kind of failure. */
  readonly status: string;
  /** `null`: there was no response, or it had none. */
  readonly correlationId: string | null;
}

export interface StoryOutcome {
  /** `null` for a command, or for an entry that could not be read. */
  readonly rule: string | null;
  readonly action: ActionType | null;
  readonly kind: OutcomeKind;
  readonly reason: string;
  /** One sentence, only for actions that were not done. It holds no attribute value and no address. */
  readonly detail: string | null;
  readonly participantId: string | null;
  /** Genesys's correlation id, if the outcome is based on an error. */
  readonly correlationId: string | null;
}

interface LineOfEvent {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly eventId: string;
}

/** An event came in. Intake records what it ignores and what is a duplicate; the worker records the others. */
export interface ReceivedLine extends LineOfEvent {
  readonly kind: 'received';
  readonly topic: string;
  readonly status: 'accepted' | 'duplicate' | 'ignored';
  readonly via: Via;
  /** The rules whose topic fits, in the order of the rules file. Empty for a command. */
  readonly rules: readonly StoryVerdict[];
  /** 32 hex digits; `null` where the event was not stored. */
  readonly traceId: string | null;
}

/** A try failed and the event waits. */
export interface WaitingLine extends LineOfEvent {
  readonly kind: 'waiting';
  /** Epoch milliseconds. */
  readonly until: number;
  readonly because: string;
}

/** Every action of the event has ended. */
export interface EndedLine extends LineOfEvent {
  readonly kind: 'ended';
  readonly outcomes: readonly StoryOutcome[];
  /** The calls of the batch that contained the event. */
  readonly calls: readonly StoryCall[];
}

/** One step in the history of a conversation's event, as stored for people. */
export type StoryLine = ReceivedLine | WaitingLine | EndedLine;
