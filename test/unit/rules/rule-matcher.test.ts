import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConversationEvent } from '../../../src/domain/conversation-event.ts';
import { compileExpression } from '../../../src/rules/expression.ts';
import { createRuleMatcher, type MatchableRule } from '../../../src/rules/rule-matcher.ts';
import { createRuleTime } from '../../../src/rules/rule-time.ts';
import { matchedNames } from '../../matched-names.ts';
import { sampleEvent } from '../../sample-entry.ts';

const recordConditionFailure = vi.hoisted(() => vi.fn());
const showConditionFailuresFromZero = vi.hoisted(() => vi.fn());
vi.mock('../../../src/telemetry/metrics.ts', () => ({ recordConditionFailure, showConditionFailuresFromZero }));
beforeEach(() => vi.clearAllMocks());

const START = 'v2.detail.events.conversation.{id}.customer.start';

function event(fields: Partial<ConversationEvent> = {}): ConversationEvent {
  return sampleEvent({ topic: START, ...fields });
}

function rule(name: string, topics: readonly string[], condition?: string): MatchableRule {
  if (condition === undefined) return { name, topics, condition: null };
  const compiled = compileExpression(condition, 'condition');
  if (!compiled.ok) throw new Error(condition);
  return { name, topics, condition: compiled.expression };
}

function matcher(...rules: MatchableRule[]) {
  const warnings: Readonly<Record<string, unknown>>[] = [];
  const candidates = createRuleMatcher(rules, { warn: (fields) => warnings.push(fields) });
  return { candidates, match: (sent: ConversationEvent) => matchedNames({ candidates }, sent), warnings };
}

describe('createRuleMatcher', () => {
  it('names the rules that match, in file order', () => {
    const { match } = matcher(
      rule('third', ['**']),
      rule('other', ['v2.other']),
      rule('first', [START, '**.end']),
      rule('second', ['v2.detail.events.conversation.*.customer.*']),
    );
    expect(match(event())).toEqual(['third', 'first', 'second']);
    expect(match(event({ topic: 'v2.x.end' }))).toEqual(['third', 'first']);
    expect(match(event())).toEqual(['third', 'first', 'second']);
  });

  it('asks the condition', () => {
    const { match } = matcher(rule('voice', ['**'], 'event.mediaType == "VOICE"'), rule('rich', ['**'], 'event.body.score > 10'));
    expect(match(event({ mediaType: 'VOICE', body: { score: 11 } }))).toEqual(['voice', 'rich']);
    expect(match(event({ mediaType: 'CHAT', body: { score: 10.5 } }))).toEqual(['rich']);
  });

  it('begins the count of failures at 0, for each rule that has a condition', () => {
    matcher(rule('with', ['**'], 'true'), rule('without', ['**']));
    expect(showConditionFailuresFromZero.mock.calls).toEqual([['with']]);
  });

  it('takes a condition that cannot be evaluated for false, and logs it once a rule without a value', () => {
    const { match, warnings } = matcher(
      rule('a', ['**'], 'event.body.nope == 1'),
      rule('b', ['**'], 'event.body.text'),
      rule('c', ['**']),
    );
    for (let i = 0; i < 3; i++) expect(match(event({ body: { text: 'private' } }))).toEqual(['c']);
    expect(warnings).toEqual([
      { rule: 'a', condition: 'event.body.nope == 1', reason: 'there is no "nope"', conversationId: 'c-1' },
      { rule: 'b', condition: 'event.body.text', reason: 'it is not a bool', conversationId: 'c-1' },
    ]);
    expect(recordConditionFailure.mock.calls.map(([rule]) => rule)).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
  });

  it('counts conditions as failed once the time of their delivery is used up', () => {
    const { candidates } = matcher(
      rule('slow', ['**'], 'event.mediaType == null'),
      rule('next', ['**'], 'true'),
      rule('free', ['**']),
    );
    let now = 0;
    const time = createRuleTime(250, () => (now += 250));
    expect(candidates(START).map(({ judge }) => judge(event(), time))).toEqual(['matched', 'condition-failed', 'matched']);
    expect(recordConditionFailure.mock.calls).toEqual([['next']]);
  });

  it('evaluates only the rules of the topic', () => {
    const { match, warnings } = matcher(rule('a', ['v2.other'], 'event.body.nope == 1'));
    expect(match(event())).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it('answers the same after more topics than it remembers, and for topics too long to remember', () => {
    const { match } = matcher(rule('a', ['**.a']), rule('b', ['*.b']));
    for (let i = 0; i < 2500; i++) expect(match(event({ topic: `t${i}.b` }))).toEqual(['b']);
    expect(match(event({ topic: `${'x.'.repeat(500)}a` }))).toEqual(['a']);
    expect(match(event({ topic: 't1.b' }))).toEqual(['b']);
  });

  it('is not led astray by hostile bodies', () => {
    const body = JSON.parse('{"__proto__":{"vip":true},"constructor":{"prototype":{"vip":true}},"hasOwnProperty":1,"name":"x"}');
    const { match } = matcher(rule('vip', ['**'], 'event.body.vip == true'), rule('named', ['**'], 'event.body.name == "x"'));
    expect(match(event({ body }))).toEqual(['named']);
    expect(match(event({ body: JSON.parse('{"constructor":null,"name":"x"}') }))).toEqual(['named']);
  });
});
