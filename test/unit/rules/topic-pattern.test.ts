import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileTopicPattern, findTopicPatternFault } from '../../../src/rules/topic-pattern.ts';

const matches = (pattern: string, topic: string) => compileTopicPattern(pattern).matches(topic);

/** The definition, written out as recursion: slow and plain. */
function matchesByDefinition(pattern: readonly string[], topic: readonly string[]): boolean {
  const [want, ...rest] = pattern;
  if (want === undefined) return topic.length === 0;
  if (want === '**')
    return topic.some((_, skip) => matchesByDefinition(rest, topic.slice(skip))) || matchesByDefinition(rest, []);
  return topic.length > 0 && (want === '*' || want === topic[0]) && matchesByDefinition(rest, topic.slice(1));
}

describe('topic patterns', () => {
  it.each([
    ['v2.detail.events.conversation.*.customer.start', 'v2.detail.events.conversation.{id}.customer.start', true],
    ['v2.detail.events.conversation.{id}.customer.start', 'v2.detail.events.conversation.{id}.customer.start', true],
    ['v2.detail.events.conversation.*.customer.start', 'v2.detail.events.conversation.{id}.customer.end', false],
    ['v2.detail.events.conversation.*', 'v2.detail.events.conversation.{id}.customer.start', false],
    ['v2.detail.events.conversation.**', 'v2.detail.events.conversation.{id}.customer.start', true],
    ['v2.users.{id}.conversations.**', 'v2.users.{id}.conversations', true],
    ['v2.users.{id}.conversations.*', 'v2.users.{id}.conversations', false],
    ['**', 'anything.at.all', true],
    ['**.start', 'v2.a.start', true],
    ['**.start', 'v2.start.a', false],
    ['a.**.b.**.c', 'a.b.b.x.c', true],
    ['a.b', 'A.b', false],
    ['a', 'a.b', false],
    ['*', '', true],
  ])('%s on %s: %s', (pattern, topic, expected) => {
    expect(matches(pattern, topic)).toBe(expected);
  });

  it('match exactly what the definition says', () => {
    const patternSegment = fc.constantFrom('a', 'b', '*', '**', '{id}');
    const topicSegment = fc.constantFrom('a', 'b', '{id}');
    fc.assert(
      fc.property(
        fc.array(patternSegment, { minLength: 1, maxLength: 7 }),
        fc.array(topicSegment, { minLength: 1, maxLength: 8 }),
        (pattern, topic) => {
          expect(matches(pattern.join('.'), topic.join('.'))).toBe(matchesByDefinition(pattern, topic));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('do not blow up on hostile topics', () => {
    expect(matches(`${'**.a.'.repeat(20)}b`, 'a.'.repeat(5000))).toBe(false);
  });

  it.each(['', 'a..b', '.a', 'a.', 'a b', 'user*', '***', '{ID}', '{id', 'a.b}', 'a.${b}'])('refuse %j', (pattern) => {
    expect(findTopicPatternFault(pattern)).not.toBeNull();
  });

  it.each(['*', '**', 'v2.users.{id}.conversations.calls', 'a-b_c.**.d'])('accept %j', (pattern) => {
    expect(findTopicPatternFault(pattern)).toBeNull();
  });
});
