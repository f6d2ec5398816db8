import type { ConversationEvent } from '../domain/conversation-event.ts';
import { ExpiringMap } from '../domain/expiring-map.ts';
import { createDampedLog, type Damping } from '../telemetry/damped-log.ts';
import { recordConditionFailure } from '../telemetry/metrics.ts';
import { type Expression, ExpressionError } from './expression.ts';
import { compileTopicPattern, type TopicPattern } from './topic-pattern.ts';

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

/**
 * Names of the rules that match, in the order given. The rules of a topic are found once and remembered.
 * A condition that cannot be evaluated, or is no bool, counts as false; it is counted, and logged once a rule.
 */
export function createRuleMatcher(
  rules: readonly MatchableRule[],
  logger: RuleLogger,
): (event: ConversationEvent) => readonly string[] {
  const candidatesOf = createTopicIndex(rules);
  const holds = createConditionCheck(logger);
  return (event) => {
    const names: string[] = [];
    for (const rule of candidatesOf(event.topic)) {
      if (rule.condition === null || holds(rule.name, rule.condition, event)) names.push(rule.name);
    }
    return names;
  };
}

function createTopicIndex(rules: readonly MatchableRule[]): (topic: string) => readonly MatchableRule[] {
  const patterns = new Map<MatchableRule, readonly TopicPattern[]>(
    rules.map((rule) => [rule, rule.topics.map(compileTopicPattern)]),
  );
  const find = (topic: string) => rules.filter((rule) => patterns.get(rule)?.some((pattern) => pattern.matches(topic)));
  const remembered = new ExpiringMap<string, readonly MatchableRule[]>({ limit: MAX_REMEMBERED_TOPICS });
  return (topic) => {
    const known = remembered.get(topic);
    if (known !== undefined) return known;
    const found = find(topic);
    if (topic.length > MAX_REMEMBERED_TOPIC_LENGTH) return found;
    remembered.set(topic, found);
    return found;
  };
}

function createConditionCheck(logger: RuleLogger): (rule: string, condition: Expression, event: ConversationEvent) => boolean {
  const warn = createDampedLog((fields, message) => logger.warn(fields, message), ONCE_A_RULE);
  const fail = (rule: string, condition: Expression, reason: string) => {
    recordConditionFailure(rule);
    warn(
      rule,
      { rule, condition: condition.source, reason },
      'condition cannot be evaluated and counts as false; logged once a rule',
    );
    return false;
  };
  return (rule, condition, event) => {
    try {
      const value = condition.evaluate({ event });
      return typeof value === 'boolean' ? value : fail(rule, condition, 'it is not a bool');
    } catch (error) {
      if (error instanceof ExpressionError) return fail(rule, condition, error.message);
      throw error;
    }
  };
}
