import type { Conversation } from '../genesys/genesys-client.ts';
import type { Ending, Step } from './step.ts';

/** A write that Genesys accepted; whether it is there is still to be seen. */
export interface AcceptedWrite {
  readonly action: 'setAttributes' | 'applyWrapup';
  readonly participantId: string;
  /** The steps that rest on it, each with how it ends once the write is confirmed. */
  readonly endings: ReadonlyMap<Step, Ending>;
  /** What was written, in words without values: `attributes a, b`. */
  readonly what: string;
  /** True when Genesys's answer already showed the result. */
  readonly echoed: boolean;
  isVisible(conversation: Conversation): boolean;
  /** Sends the same write again. */
  repeat(): Promise<unknown>;
}
