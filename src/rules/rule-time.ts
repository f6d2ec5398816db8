/**
 * The time that the conditions of one delivery may take. The content of a sender's events must not delay the deliveries of
 * others.
 */
export interface RuleTime {
  readonly usedMs: number;
  /** Whether it is used up: then every condition that is not evaluated yet counts as failed. */
  readonly isUsedUp: boolean;
  /** Does the work and counts its time. */
  spend<T>(work: () => T): T;
}

export const RULE_TIME_MS = 250;

/** @param now milliseconds of a clock that never goes back */
export function createRuleTime(limitMs = RULE_TIME_MS, now = () => performance.now()): RuleTime {
  let usedMs = 0;
  return {
    get usedMs() {
      return usedMs;
    },
    get isUsedUp() {
      return usedMs >= limitMs;
    },
    spend(work) {
      const startedAt = now();
      try {
        return work();
      } finally {
        usedMs += now() - startedAt;
      }
    },
  };
}
