/** Exactly one of `queueId`, `queueName`, `userId`, `address` and `externalContactId` is given. */
export interface Transfer {
  readonly type: 'transfer';
  readonly queueId?: string;
  readonly queueName?: string;
  readonly userId?: string;
  readonly address?: string;
  readonly externalContactId?: string;
  /** Which number of the external contact is dialled; required with `externalContactId`. */
  readonly phoneType?: string;
  /** Whether the caller of an agent of that queue goes back into it. */
  readonly requeue?: true;
  /** Set on the agent's participant before the transfer. Id or name. */
  readonly wrapupCode?: string;
  /** The fields that an expression of the rule rendered: values of an event, which no detail shows. */
  readonly rendered?: readonly string[];
  /** Genesys's `transferType`. */
  readonly transferType: TransferType;
}

/** The official SDK's `TransferToQueueRequest.transferType`. */
export type TransferType = 'Attended' | 'Unattended';

declare module '../../domain/action.ts' {
  interface ActionShapes {
    readonly transfer: Transfer;
  }
}
