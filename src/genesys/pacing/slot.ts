import type { RateBudget } from './rate-budget.ts';

/** An access token, with the budget that Genesys gives to a token. */
export interface Slot {
  /** Which OAuth client its token is of; a digest of the client's id. */
  readonly client: string;
  readonly budget: RateBudget;
  /** Whether there is a token that has not expired. */
  isUsable(): boolean;
  /** Makes sure that there is one. @throws GenesysError */
  ready(): Promise<void>;
  /** What goes into the header `Authorization`; `null` when it has expired since {@link ready}. */
  header(): string | null;
  /** Genesys refused this token. A newer one, fetched meanwhile for another call that was refused, stays. */
  invalidate(authorization: string): void;
}
