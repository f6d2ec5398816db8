import { ADVICE } from '../../src/desk/advice.ts';
import type { ActionType } from '../../src/domain/action.ts';
import type { ConversationEvent } from '../../src/domain/conversation-event.ts';
import type { Outcome } from '../../src/domain/outcome.ts';
import { type OptionalField, TOPIC_CATALOGUE } from '../../src/domain/topic-catalogue.ts';
import { usesOfEvent } from '../../src/rules/expression-uses.ts';
import type { Rule, RuleSet } from '../../src/rules/rule-set.ts';
import { createRuleTime } from '../../src/rules/rule-time.ts';
import { explainCondition } from './explain-condition.ts';
import type { JudgedOnlyIf, PlannedEvent, Read } from './plan-event.ts';

/** In addition to `conversation:communication:view`, which every rule needs. */
const PERMISSIONS: Readonly<Record<ActionType, readonly string[]>> = {
  setAttributes: [],
  applyWrapup: ['conversation:participant:wrapup'],
  transfer: ['conversation:communication:blindTransfer', 'routing:queue:view'],
};

const READS: Readonly<Record<Read, string>> = {
  getConversation: 'GET conversation',
  listWrapupCodes: 'GET wrap-up codes of the participant',
  queueExists: 'GET queue',
  findQueue: 'GET queue by its name',
};

const WRITES: Readonly<Record<ActionType, string>> = {
  setAttributes: 'PATCH attributes',
  applyWrapup: 'PATCH wrap-up',
  transfer: 'POST transfer',
};

/** What a rule has as text and a compiled rule no longer has. */
export interface WrittenConditions {
  /** `null`: the rule has none. */
  readonly when: string | null;
  readonly onlyIf: string | null;
}

/** By rule. */
export type Conditions = ReadonlyMap<string, WrittenConditions>;

/** When the event is raised; `null` for a topic that is not in the catalogue. */
export function raisedWhen({ topic }: ConversationEvent): string | null {
  return TOPIC_CATALOGUE.find((known) => known.topic === topic)?.raised.replaceAll(/[*`]/g, '') ?? null;
}

/** For each rule: does its topic fit, and which part of its condition made it so. */
export function explainRules(ruleSet: RuleSet, conditions: Conditions, event: ConversationEvent): readonly string[] {
  const candidates = new Map(ruleSet.candidates(event.topic).map((candidate) => [candidate.name, candidate]));
  return [...ruleSet.rules.values()].flatMap((rule) => {
    const { name } = rule;
    const candidate = candidates.get(name);
    if (candidate === undefined) return [`${name}: no, its topic does not fit`];
    const verdict = candidate.judge(event, createRuleTime(Number.POSITIVE_INFINITY));
    const source = conditions.get(name)?.when ?? null;
    const hints = hintsFor(rule, source, event).map((hint) => `    ${hint}`);
    if (source === null) return [`${name}: yes, its topic fits and it has no condition`, ...hints];
    const words = verdict === 'matched' ? 'yes, its topic fits and its condition is true' : `no, its topic fits, ${WHY[verdict]}`;
    const parts = explainCondition({ source, variables: { event } });
    return [`${name}: ${words}`, ...parts.map((part) => `    ${part}`), ...hints];
  });
}

const WHY = {
  'condition-false': 'its condition is false',
  'condition-failed': 'its condition cannot be evaluated',
};

/** What to change where the topic itself is the mistake. */
function hintsFor(rule: Rule, source: string | null, { topic }: ConversationEvent): readonly string[] {
  const isOver = /\.(acw|wrapup)$/.test(topic) && rule.actions.some(({ type }) => type === 'applyWrapup');
  return [
    ...(isOver ? ['applyWrapup comes too late on this topic: use user.end, and hookpatch waits for after-call work'] : []),
    ...(source === null ? [] : neverFilled(source, topic)),
  ];
}

function neverFilled(source: string, topic: string): readonly string[] {
  const known = TOPIC_CATALOGUE.find((each) => each.topic === topic);
  if (known === undefined) return [];
  const read = new Set(usesOfEvent(source).fields.map(({ field }) => field as OptionalField));
  return [...read].flatMap((field) => {
    const filling = TOPIC_CATALOGUE.filter(({ fields }) => fields.includes(field)).map((each) => shortName(each.topic));
    if (filling.length === 0 || known.fields.includes(field)) return [];
    return `event.${field} is always null on this topic: use one that fills it (${filling.slice(0, TOPICS_NAMED).join(', ')})`;
  });
}

const TOPICS_NAMED = 4;

function shortName(topic: string): string {
  return topic.split('{id}.').at(-1) ?? topic;
}

/** The part of `onlyIf` of each rule that made it so, what would be done, and which calls that takes. */
export function explainPlan({ onlyIf, actions, outcomes, reads }: PlannedEvent, conditions: Conditions): readonly string[] {
  return [
    ...onlyIf.flatMap((judged) => explainOnlyIf(judged, conditions.get(judged.rule)?.onlyIf ?? null)),
    ...actions.map(({ rule, type, ...fields }) => `${rule}: ${type} ${JSON.stringify(fields)}`),
    ...outcomes.flatMap(explainOutcome),
    ...(reads.length === 0 ? [] : [`calls: ${callsOf(reads, outcomes).join(', ')}`]),
  ];
}

function explainOnlyIf({ rule, because, variables }: JudgedOnlyIf, source: string | null): readonly string[] {
  if (source === null) return [];
  const parts = explainCondition({ source, variables }).map((part) => `    ${part}`);
  return [`${rule}: ${because ?? 'onlyIf is true'}`, ...parts];
}

function explainOutcome({ rule, action, reason, participantId, detail }: Outcome): readonly string[] {
  const whom = participantId === null ? '' : ` of participant ${participantId}`;
  const advice = action === 'transfer' && reason === 'participant-not-found' ? NO_AGENT_YET : ADVICE[reason];
  return [`${rule}: ${action}${whom} ${detail} (${reason})`, ...(advice === null ? [] : [`    to do: ${advice}`])];
}

const NO_AGENT_YET =
  'A caller who waits has no agent yet. Use acd.start and user.start with target: { communicationId: "${event.communicationId}" }; docs/recipes.md has "Move a VIP by attribute".';

/** In the order in which the worker makes them; one write for each participant. */
function callsOf(reads: readonly Read[], outcomes: readonly Outcome[]): readonly string[] {
  const applied = outcomes.filter(({ detail }) => detail.startsWith('would have been applied'));
  const writes = new Map(applied.map(({ action, participantId }) => [`${action} ${participantId}`, action]));
  const named = [...writes.values()].flatMap((action) => (action === null ? [] : WRITES[action]));
  return [
    ...reads.map((read) => READS[read]),
    ...named,
    ...(named.length > 0 ? ['GET conversation (if nothing else shows the change)'] : []),
  ];
}

/** What the role of the OAuth client needs for the rules that match; `null` where none does. */
export function permissionsFor({ rules }: RuleSet, matched: readonly string[]): string | null {
  if (matched.length === 0) return null;
  const types = matched.flatMap((name) => rules.get(name)?.actions.map(({ type }) => type) ?? []);
  const needed = new Set(types.flatMap((type) => PERMISSIONS[type]));
  return ['conversation:communication:view', ...needed].join(', ');
}
