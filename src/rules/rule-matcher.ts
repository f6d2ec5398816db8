import type { ConversationEvent } from '../domain/conversation-event.ts';
import { ExpiringMap } from '../domain/expiring-map.ts';
import { createDampedLog, type Damping } from '../telemetry/damped-log.ts';
import { recordConditionFailure, showConditionFailuresFromZero } from '../telemetry/metrics.ts';
import { type Expression, ExpressionError } from './expression.ts';
import type { RuleTime } from './rule-time.ts';
import { compileTopicPattern } from './topic-pattern.ts';

export interface RuleLogger {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export interface MatchableRule {
  readonly name: string;
  readonly topics: readonly string[];
  /** `null`: every event of the topic. */
  readonly condition: Expression | null;
}

/** Genesys has some dozens of topics; a sender that invents more must not fill the memory. */
const MAX_REMEMBERED_TOPICS = 1000;
const MAX_REMEMBERED_TOPIC_LENGTH = 256;
const ONCE_A_RULE: Damping = { lines: 1, quietMs: Number.POSITIVE_INFINITY };

export type Verdict = 'matched' | 'condition-false' | 'condition-failed';

/** The result of a rule whose topic fits, for an event. */
export interface RuleVerdict {
  readonly rule: string;
  readonly verdict: Verdict;
}

/** A rule whose topic fits. */
export interface Candidate {
  readonly name: string;
  /** A condition that cannot be evaluated, or does not return a bool, counts as false. It is counted, and logged once a rule. */
  judge(event: ConversationEvent, time: RuleTime): Verdict;
}

/** Finds the rules whose topic fits, in the given order; the rules of a topic are found once and cached. */
export function createRuleMatcher(rules: readonly MatchableRule[], logger: RuleLogger): (topic: string) => readonly Candidate[] {
  const judge = createConditionJudge(logger);
  for (const { name, condition } of rules) if (condition !== null) showConditionFailuresFromZero(name);
  const candidates = new Map<MatchableRule, Candidate>(
    rules.map((rule) => [rule, { name: rule.name, judge: (event, time) => judge(rule, event, time) }]),
  );
  return createTopicIndex(candidates);
}

function createTopicIndex(candidates: ReadonlyMap<MatchableRule, Candidate>): (topic: string) => readonly Candidate[] {
  const patterns = [...candidates].map(([{ topics }, candidate]) => ({ candidate, patterns: topics.map(compileTopicPattern) }));
  const find = (topic: string) =>
    patterns.flatMap(({ candidate, patterns }) => (patterns.some((pattern) => pattern.matches(topic)) ? candidate : []));
  const remembered = new ExpiringMap<string, readonly Candidate[]>({ limit: MAX_REMEMBERED_TOPICS });
  return (topic) => {
    const known = remembered.get(topic);
    if (known !== undefined) return known;
    const found = find(topic);
    if (topic.length > MAX_REMEMBERED_TOPIC_LENGTH) return found;
    remembered.set(topic, found);
    return found;
  };
}

function createConditionJudge(logger: RuleLogger): (rule: MatchableRule, event: ConversationEvent, time: RuleTime) => Verdict {
  const warn = createDampedLog((fields, message) => logger.warn(fields, message), ONCE_A_RULE);
  const fail = (rule: string, condition: Expression, reason: string, conversationId: string): Verdict => {
    recordConditionFailure(rule);
    warn(
      rule,
      { rule, condition: condition.source, reason, conversationId },
      'condition cannot be evaluated and counts as false; logged once a rule',
    );
    return 'condition-failed';
  };
  return ({ name, condition }, event, time) => {
    if (condition === null) return 'matched';
    if (time.isUsedUp) {
      recordConditionFailure(name);
      return 'condition-failed';
    }
    try {
      const value = time.spend(() => condition.evaluate({ event }));
      if (typeof value !== 'boolean') return fail(name, condition, 'it is not a bool', event.conversationId);
      return value ? 'matched' : 'condition-false';
    } catch (error) {
      if (error instanceof ExpressionError) return fail(name, condition, error.message, event.conversationId);
      throw error;
    }
  };
}
