/** Which participant an action is for. Every given field must hold. Values may hold `${...}` in a rule. */
export interface Target {
  readonly participantId?: string;
  readonly communicationId?: string;
  readonly userId?: string;
  /** Compared normalised: `tel:+1 317 555 0100` equals `+13175550100`. */
  readonly address?: string;
  readonly purpose?: string;
}

/** `null` leaves the attribute out. Names are case-sensitive; Genesys accepts strings only. */
export interface SetAttributes {
  readonly type: 'setAttributes';
  readonly attributes: Readonly<Record<string, string | null>>;
}

export interface ApplyWrapup {
  readonly type: 'applyWrapup';
  /** Id or name of the wrap-up code. */
  readonly code: string;
  readonly notes?: string;
  /** Whether a different code that is already set is replaced. */
  readonly overwrite: boolean;
  /** Whether the code must be among those that Genesys lists for the participant. */
  readonly validateCode: boolean;
}

/** Exactly one of `queueId`, `userId` and `address` is given. */
export interface Transfer {
  readonly type: 'transfer';
  readonly queueId?: string;
  readonly userId?: string;
  readonly address?: string;
  /** Set on the agent's participant before the transfer. Id or name. */
  readonly wrapupCode?: string;
  /** Genesys's `transferType`. */
  readonly transferType: TransferType;
}

/** The official SDK's `TransferToQueueRequest.transferType`. */
export type TransferType = 'Attended' | 'Unattended';

export type Action = SetAttributes | ApplyWrapup | Transfer;
export type ActionType = Action['type'];
