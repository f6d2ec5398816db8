import type { ActionType } from '../../src/domain/action.ts';
import type { ConversationEvent } from '../../src/domain/conversation-event.ts';
import type { RuleSet } from '../../src/rules/rule-set.ts';
import { createRuleTime } from '../../src/rules/rule-time.ts';
import { explainCondition } from './explain-condition.ts';
import type { PlannedEvent } from './plan-event.ts';

/** In addition to `conversation:communication:view`, which every rule needs. */
const PERMISSIONS: Readonly<Record<ActionType, readonly string[]>> = {
  setAttributes: [],
  applyWrapup: ['conversation:participant:wrapup'],
  transfer: ['conversation:communication:blindTransfer', 'routing:queue:view'],
};

/** The conditions as they are written, by rule; `null` where a rule has none. */
export type Conditions = ReadonlyMap<string, string | null>;

/** For each rule: does its topic fit, and which part of its condition made it so. */
export function explainRules(ruleSet: RuleSet, conditions: Conditions, event: ConversationEvent): readonly string[] {
  const candidates = new Map(ruleSet.candidates(event.topic).map((candidate) => [candidate.name, candidate]));
  return [...ruleSet.rules.keys()].flatMap((name) => {
    const candidate = candidates.get(name);
    if (candidate === undefined) return [`${name}: no, its topic does not fit`];
    const verdict = candidate.judge(event, createRuleTime(Number.POSITIVE_INFINITY));
    const condition = conditions.get(name) ?? null;
    if (condition === null) return [`${name}: yes, its topic fits and it has no condition`];
    const words = verdict === 'matched' ? 'yes, its topic fits and its condition is true' : `no, its topic fits, ${WHY[verdict]}`;
    return [`${name}: ${words}`, ...explainCondition(condition, event).map((part) => `    ${part}`)];
  });
}

const WHY = {
  'condition-false': 'its condition is false',
  'condition-failed': 'its condition cannot be evaluated',
};

/** What would be done, and what the OAuth client's role needs for it. */
export function explainPlan({ actions, outcomes }: PlannedEvent): readonly string[] {
  const permissions = new Set(outcomes.flatMap(({ action }) => (action === null ? [] : PERMISSIONS[action])));
  return [
    ...actions.map(({ rule, type, ...fields }) => `${rule}: ${type} ${JSON.stringify(fields)}`),
    ...outcomes.map(({ rule, action, reason, participantId, detail }) => {
      const whom = participantId === null ? '' : ` of participant ${participantId}`;
      return `${rule}: ${action}${whom} ${detail} (${reason})`;
    }),
    ...(permissions.size === 0 ? [] : [`permissions: ${['conversation:communication:view', ...permissions].join(', ')}`]),
  ];
}
