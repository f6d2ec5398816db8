import type { Conversation, Media } from '../../simulator/conversation.ts';
import type { FaultSpec } from '../../simulator/faults.ts';
import type { ActionType } from '../../src/domain/action.ts';
import type { OutcomeKind, OutcomeReason } from '../../src/domain/outcome.ts';

/** `rule: action outcome (reason)` */
export type ExpectedOutcome = `${string}: ${ActionType} ${OutcomeKind} (${OutcomeReason})`;

/** An expected attribute value that only the run can tell. */
export const TRACE_ID = Symbol('the trace id of the event');

/** What must hold when the call is done; checked against the simulator's own state and journal. */
export interface Expectation {
  readonly outcomes: readonly ExpectedOutcome[];
  readonly attributes?: { readonly participantId: string; readonly values: Readonly<Record<string, string | typeof TRACE_ID>> };
  readonly wrapup?: { readonly participantId: string; readonly code: string };
  /** The queue in which a participant of purpose `acd` must be. */
  readonly queueId?: string;
  /** How many writes took effect; more would be doing something twice. */
  readonly writes: number;
  /** Deliveries answered as duplicates. */
  readonly duplicates?: number;
  /** A status that Genesys must have answered on the way. */
  readonly answered?: number;
}

export interface DemoDelivery {
  /** For the table, such as `customer.start`. */
  readonly name: string;
  /** The envelope, as a sender posts it. */
  readonly envelope: object;
}

/** One scripted call: what Genesys holds, what goes wrong, what is delivered, and what must come of it. */
export interface DemoCall {
  readonly media: Media;
  /** What the call shows, in a few words. */
  readonly shows: string;
  readonly conversation: Conversation;
  readonly fault?: FaultSpec;
  readonly deliveries: readonly DemoDelivery[];
  readonly expected: Expectation;
}
