import type { Rule, RuleSet } from '../rules/rule-set.ts';

/** The rules of this process, which may be older or newer than the rules with which an event was matched. */
export interface KnownRules {
  /** `null`: not in the rules file, which was read again a moment ago to be sure. */
  find(name: string): Rule | null;
  /** Of the rules whose topic fits. */
  namesFor(topic: string): readonly string[];
}

export interface KnownRulesOptions {
  ruleSet(): RuleSet;
  /** Reads the rules file again. */
  reload(): void;
  now(): number;
}

/** An unknown name must not make every event read the file. */
const RELOAD_INTERVAL_MS = 5_000;

/**
 * In a rollout the receivers may have a rule before the workers do. So the file is read again before a rule counts as unknown: a
 * volume may have brought the new file without a signal.
 */
export function createKnownRules({ ruleSet, reload, now }: KnownRulesOptions): KnownRules {
  let reloadedAt = Number.NEGATIVE_INFINITY;
  return {
    find(name) {
      const known = ruleSet().rules.get(name);
      if (known !== undefined) return known;
      if (now() - reloadedAt < RELOAD_INTERVAL_MS) return null;
      reloadedAt = now();
      reload();
      return ruleSet().rules.get(name) ?? null;
    },
    namesFor: (topic) =>
      ruleSet()
        .candidates(topic)
        .map(({ name }) => name),
  };
}
