import { expect, it } from 'vitest';
import { explainCondition } from '../../../scripts/rules-test/explain-condition.ts';
import { explainRules } from '../../../scripts/rules-test/explain-rules.ts';
import { toJUnit } from '../../../scripts/rules-test/junit.ts';
import { parseRules } from '../../read-rules.ts';
import { sampleEvent } from '../../sample-entry.ts';

const event = sampleEvent({ mediaType: 'CHAT', direction: 'INBOUND', body: { n: 1 } });

it.each([
  ['event.mediaType == "VOICE"', ['event.mediaType == "VOICE" is false (event.mediaType is "CHAT")']],
  [
    'event.direction == "INBOUND" && event.mediaType == "VOICE"',
    ['event.mediaType == "VOICE" is false (event.mediaType is "CHAT")'],
  ],
  [
    'event.mediaType == "VOICE" || event.direction == "INBOUND"',
    ['event.direction == "INBOUND" is true (event.direction is "INBOUND")'],
  ],
  [
    'event.mediaType == "VOICE" || event.direction == "OUTBOUND"',
    [
      'event.mediaType == "VOICE" is false (event.mediaType is "CHAT")',
      'event.direction == "OUTBOUND" is false (event.direction is "INBOUND")',
    ],
  ],
  ['true && (event.body.nothing == 1 || false)', ['event.body.nothing == 1 fails: there is no "nothing"']],
])('names the part that made %s so', (condition, parts) => {
  expect(explainCondition(condition, event)).toEqual(parts);
});

it('says of each rule whether it matches, and why', () => {
  const text = `
rules:
  - { name: other, when: { topic: "**.acd.start" }, actions: [{ setAttributes: { k: v } }] }
  - { name: always, when: { topic: "**" }, actions: [{ setAttributes: { k: v } }] }
  - { name: voice, when: { topic: "**", if: event.mediaType == "VOICE" }, actions: [{ setAttributes: { k: v } }] }
`;
  const loaded = parseRules(text, 'rules.yaml', { warn: () => {} });
  if (!loaded.ok) throw new Error(loaded.faults.join());
  const conditions = new Map([['voice', 'event.mediaType == "VOICE"']]);
  expect(explainRules(loaded.ruleSet, conditions, event)).toEqual([
    'other: no, its topic does not fit',
    'always: yes, its topic fits and it has no condition',
    'voice: no, its topic fits, its condition is false',
    '    event.mediaType == "VOICE" is false (event.mediaType is "CHAT")',
  ]);
});

it('writes JUnit that any name fits into', () => {
  const xml = toJUnit('rules.test.yaml', [
    { name: 'a', problems: [], rules: [] },
    { name: '<b> & "c"', problems: ['x < y'], rules: [] },
  ]);
  expect(xml).toContain('tests="2" failures="1"');
  expect(xml).toContain('name="&lt;b&gt; &amp; &quot;c&quot;"><failure>x &lt; y</failure>');
});
