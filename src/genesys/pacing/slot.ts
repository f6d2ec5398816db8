import type { RateBudget } from './rate-budget.ts';

/** An access token, with the budget that Genesys gives to one token. */
export interface Slot {
  /** The OAuth client of the token; a digest of the client's id. */
  readonly client: string;
  readonly budget: RateBudget;
  /** Whether there is a token that has not expired. */
  isUsable(): boolean;
  /** Makes sure that there is a valid token. @throws GenesysError */
  ready(): Promise<void>;
  /** The value of the header `Authorization`; `null` when the token has expired since {@link ready}. */
  header(): string | null;
  /** Genesys refused this token. A newer one stays, if another refused call has fetched it meanwhile. */
  invalidate(authorization: string): void;
}
