import { type DeliveredEvent, isAboutConversation } from '../domain/delivered-event.ts';
import type { InboxEntry } from '../domain/inbox-entry.ts';
import { createLoopTurns } from '../rules/loop-turns.ts';
import type { RuleVerdict } from '../rules/rule-matcher.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import { createRuleTime, RULE_TIME_MS } from '../rules/rule-time.ts';
import { createDampedLog, STRANGERS } from '../telemetry/damped-log.ts';
import { recordRuleTimeUsedUp } from '../telemetry/metrics.ts';

export interface MatchLogger {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** The results of the rules with a fitting topic, for each event of a delivery. */
export type MatchEvents = (events: readonly DeliveredEvent[], ruleSet: RuleSet) => Promise<readonly (readonly RuleVerdict[])[]>;

/**
 * Evaluates the conditions of a delivery within its rule time; the remaining conditions then count as failed. It yields to the
 * event loop between conditions, so that slow ones block nobody.
 */
export function createMatchEvents(logger: MatchLogger): MatchEvents {
  const turns = createLoopTurns();
  const warn = createDampedLog((fields, message) => logger.warn(fields, message), STRANGERS);
  return async (events, ruleSet) => {
    const time = createRuleTime();
    const judged: RuleVerdict[][] = [];
    for (const event of events) {
      const verdicts: RuleVerdict[] = [];
      judged.push(verdicts);
      if (!isAboutConversation(event)) continue;
      for (const candidate of ruleSet.candidates(event.topic)) {
        const turn = turns.wait();
        if (turn !== null) await turn;
        const before = performance.now();
        verdicts.push({ rule: candidate.name, verdict: candidate.judge(event, time) });
        turns.held(performance.now() - before);
      }
    }
    if (time.isUsedUp) {
      recordRuleTimeUsedUp();
      const [first] = events.filter(isAboutConversation);
      warn(
        'rule-time',
        { conversationId: first?.conversationId, events: events.length, limitMs: RULE_TIME_MS },
        'the conditions of a delivery took too long; those that were left count as failed',
      );
    }
    return judged;
  };
}

/** The others, for people. */
export function missedOf(verdicts: readonly RuleVerdict[]): Pick<InboxEntry, 'missed'> {
  const missed = verdicts.flatMap(({ rule, verdict }) => (verdict === 'matched' ? [] : [[rule, verdict] as const]));
  return missed.length === 0 ? {} : { missed: Object.fromEntries(missed) };
}

export function namesOfMatched(verdicts: readonly RuleVerdict[]): string[] {
  return verdicts.flatMap(({ rule, verdict }) => (verdict === 'matched' ? [rule] : []));
}
