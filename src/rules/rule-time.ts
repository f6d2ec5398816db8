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
export function createRuleTime(limitMs = RULE_TIME_MS, now = monotonicMs): RuleTime {
  return new SpentTime(limitMs, now);
}

const monotonicMs = () => performance.now();

/** A class, because getters of an object literal give each object a hidden class of its own, which only a full collection frees. */
class SpentTime implements RuleTime {
  usedMs = 0;
  private readonly limitMs: number;
  private readonly now: () => number;

  constructor(limitMs: number, now: () => number) {
    this.limitMs = limitMs;
    this.now = now;
  }

  get isUsedUp(): boolean {
    return this.usedMs >= this.limitMs;
  }

  spend<T>(work: () => T): T {
    const startedAt = this.now();
    try {
      return work();
    } finally {
      this.usedMs += this.now() - startedAt;
    }
  }
}
