import type { ListedDeadLetter } from './dead-letters.ts';

/** All given fields must hold. */
export interface DeadLetterFilter {
  readonly conversationId?: string;
  readonly rule?: string;
  readonly reason?: string;
  readonly action?: string;
  /** Dead-lettered at this time or later; epoch milliseconds. */
  readonly since?: number;
  readonly until?: number;
}

export function fitsFilter({ letter }: Pick<ListedDeadLetter, 'letter'>, filter: DeadLetterFilter): boolean {
  const { outcome, conversationId, deadLetteredAt } = letter;
  return (
    (filter.conversationId === undefined || filter.conversationId === conversationId) &&
    (filter.rule === undefined || filter.rule === outcome.rule) &&
    (filter.reason === undefined || filter.reason === outcome.reason) &&
    (filter.action === undefined || filter.action === outcome.action) &&
    (filter.since === undefined || filter.since <= deadLetteredAt) &&
    (filter.until === undefined || filter.until >= deadLetteredAt)
  );
}
