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

declare module '../../domain/action.ts' {
  interface ActionShapes {
    readonly transfer: Transfer;
  }
}
