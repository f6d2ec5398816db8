import type { ConversationEvent } from '../domain/conversation-event.ts';
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
  const remembered = new Map<string, readonly MatchableRule[]>();
  return (topic) => {
    const known = remembered.get(topic);
    if (known !== undefined) return known;
    const found = find(topic);
    if (topic.length > MAX_REMEMBERED_TOPIC_LENGTH) return found;
    if (remembered.size >= MAX_REMEMBERED_TOPICS) remembered.clear();
    remembered.set(topic, found);
    return found;
  };
}

function createConditionCheck(logger: RuleLogger): (rule: string, condition: Expression, event: ConversationEvent) => boolean {
  const logged = new Set<string>();
  const fail = (rule: string, condition: Expression, reason: string) => {
    recordConditionFailure(rule);
    if (logged.has(rule)) return false;
    logged.add(rule);
    logger.warn(
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
