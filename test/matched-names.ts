import type { ConversationEvent } from '../src/domain/conversation-event.ts';
import type { RuleSet } from '../src/rules/rule-set.ts';
import { createRuleTime } from '../src/rules/rule-time.ts';

/** Names of the rules that match an event. */
export function matchedNames({ candidates }: Pick<RuleSet, 'candidates'>, event: ConversationEvent): readonly string[] {
  const time = createRuleTime();
  return candidates(event.topic).flatMap(({ name, judge }) => (judge(event, time) === 'matched' ? name : []));
}
