import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { explainCondition } from '../../../scripts/rules-test/explain-condition.ts';
import { type Conditions, explainPlan, explainRules, permissionsFor } from '../../../scripts/rules-test/explain-rules.ts';
import { toJUnit } from '../../../scripts/rules-test/junit.ts';
import { createOfflineClient } from '../../../scripts/rules-test/offline-client.ts';
import { planEvent } from '../../../scripts/rules-test/plan-event.ts';
import { readEvents } from '../../../scripts/rules-test/read-event.ts';
import type { Conversation } from '../../../src/genesys/genesys-client.ts';
import { parseRules } from '../../read-rules.ts';
import { sampleEvent } from '../../sample-entry.ts';

const event = sampleEvent({ mediaType: 'CHAT', direction: 'INBOUND', body: { n: 1 } });
const conversation = {
  participants: [
    { id: 'p-customer', purpose: 'customer', attributes: { vip: 'false' } },
    { id: 'p-agent', purpose: 'agent', attributes: {} },
  ],
};

describe('the part that made a condition so', () => {
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
    ['event.body.n > 3.0', ['event.body.n > 3.0 is false (event.body.n is 1)']],
    [
      'event.direction == "INBOUND" && conversation.participants.exists(p, p.purpose == "customer" && p.attributes.vip == "true")',
      [
        'conversation.participants.exists(p, p.purpose == "customer" && p.attributes.vip == "true") is false (conversation.participants is a list of 2)',
        '    conversation.participants[0]: p.attributes.vip == "true" is false (p.attributes.vip is "false")',
        '    conversation.participants[1]: p.purpose == "customer" is false (p.purpose is "agent")',
        '    conversation.participants[1]: p.attributes.vip == "true" fails: there is no "vip"',
      ],
    ],
    [
      'participant.?attributes.?tier.orValue("none") == "gold"',
      ['participant.?attributes.?tier.orValue("none") == "gold" is false'],
    ],
  ])('%s', (source, parts) => {
    expect(explainCondition({ source, variables: { event, conversation, participant: {} } })).toEqual(parts);
  });
});

/** What `rules:test --event` prints of a topic's sample, and the conversation where there is one. */
async function explained(rules: string, topic: string, participants?: readonly object[]): Promise<readonly string[]> {
  const now = Date.now();
  const loaded = parseRules(rules, 'rules.yaml', { warn: () => {} });
  if (!loaded.ok) return loaded.faults;
  const { ruleSet, warnings } = loaded;
  const file = parse(rules) as { rules: { name: string; when: { if?: string }; onlyIf?: string }[] };
  const conditions: Conditions = new Map(
    file.rules.map(({ name, when, onlyIf }) => [name, { when: when.if ?? null, onlyIf: onlyIf ?? null }]),
  );
  const [read = event] = readEvents({ topic }, now);
  const lines = [...warnings, ...explainRules(ruleSet, conditions, read)];
  if (participants === undefined) return lines;
  const client = createOfflineClient({ conversation: { id: 'c-1', participants } as unknown as Conversation }, now);
  const planned = await planEvent(read, { ruleSet, client, now });
  return [...lines, ...explainPlan(planned, conditions), `permissions: ${permissionsFor(ruleSet, planned.rules)}`];
}

const START = '2026-01-01T00:00:00Z';
const QUEUE = '5c1e2d3f-4a5b-4c6d-8e7f-9a0b1c2d3e4f';
const USER = '7a1c2b3d-4e5f-4a6b-9c7d-8e9f0a1b2c3d';

describe('a wish that fails at the first attempt is explained in words that name what to change', () => {
  const tagQueue = (topic: string) => `
rules:
  - name: tag-queue
    when: { topic: "v2.detail.events.conversation.*.${topic}", if: event.queueId == "${QUEUE}" }
    target: { purpose: customer }
    actions: [{ setAttributes: { queue: support } }]
`;
  const customer = { id: 'p-customer', purpose: 'customer', attributes: {} };

  it('tag the calls of one queue, on a topic that has no queue', async () => {
    expect(await explained(tagQueue('customer.start'), 'customer.start')).toEqual([
      expect.stringMatching(/^rules\.yaml:4:74: event\.queueId is always null for the topics of this rule/),
      'tag-queue: no, its topic fits, its condition is false',
      `    event.queueId == "${QUEUE}" is false (event.queueId is null)`,
      '    event.queueId is always null on this topic: use one that fills it (acd.start, acd.end, user.start, user.end)',
    ]);
    expect(await explained(tagQueue('acd.start'), 'acd.start', [customer])).toEqual([
      'tag-queue: yes, its topic fits and its condition is true',
      `    event.queueId == "${QUEUE}" is true (event.queueId is "${QUEUE}")`,
      'tag-queue: setAttributes {"attributes":{"queue":"support"}}',
      'tag-queue: setAttributes of participant p-customer would have been applied: attributes queue written (written)',
      'calls: GET conversation, PATCH attributes, GET conversation (if nothing else shows the change)',
      'permissions: conversation:communication:view',
    ]);
  });

  it('a wrap-up code at the start of after-call work, on the topic of its end', async () => {
    const wrapUp = (topic: string) => `
rules:
  - name: wrap-up
    when: { topic: "v2.detail.events.conversation.*.${topic}" }
    target: { purpose: agent, userId: "\${event.userId}" }
    actions: [{ applyWrapup: { code: Resolved } }]
`;
    const [first, hint] = await explained(wrapUp('acw'), 'acw');
    expect([first, hint]).toEqual([
      'wrap-up: yes, its topic fits and it has no condition',
      '    applyWrapup comes too late on this topic: use user.end, and hookpatch waits for after-call work',
    ]);
    const call = { id: 'l-1', state: 'disconnected', connectedTime: START, afterCallWork: { state: 'pending' } };
    const agent = { id: 'p-agent', purpose: 'agent', userId: USER, connectedTime: START, endTime: START, calls: [call] };
    expect(await explained(wrapUp('user.end'), 'user.end', [agent])).toEqual([
      'wrap-up: yes, its topic fits and it has no condition',
      expect.stringMatching(/^wrap-up: applyWrapup \{"code":"Resolved"/),
      expect.stringMatching(/^wrap-up: applyWrapup of participant p-agent would have been applied: /),
      expect.stringMatching(/^calls: GET conversation, GET wrap-up codes of the participant, PATCH wrap-up, GET conversation/),
      'permissions: conversation:communication:view, conversation:participant:wrapup',
    ]);
  });

  it('move a VIP by an attribute, asked for where the conversation is not known, then for an agent who is not there', async () => {
    const move = (rule: string) => `
rules:
  - name: move-vip
${rule}
    actions: [{ transfer: { queueId: other } }]
`;
    const vip = 'conversation.participants.exists(p, p.purpose == "customer" && p.?attributes.?vip.orValue("") == "true")';
    const waiting = [
      { ...customer, attributes: { vip: 'true' } },
      { id: 'p-acd', purpose: 'acd', connectedTime: START, calls: [{ id: 'l-1', state: 'connected' }] },
    ];
    const ATTRIBUTES = 'v2.detail.events.conversation.*.attributes';
    expect(await explained(move(`    when: { topic: "${ATTRIBUTES}", if: '${vip}' }`), 'attributes')).toEqual([
      expect.stringMatching(/"conversation" is not known in a condition \(allowed: event\); "onlyIf" of the rule can read it$/),
    ]);
    const second = await explained(move(`    when: { topic: "${ATTRIBUTES}" }\n    onlyIf: '${vip}'`), 'attributes', waiting);
    expect(second).toContainEqual(expect.stringMatching(/^move-vip: transfer would have been dead-lettered: .*no agent/));
    expect(second).toContainEqual(expect.stringMatching(/to do: .*acd\.start and user\.start with target: \{ communicationId/));
    const good = `    when: { topic: ["v2.detail.events.conversation.*.acd.start"] }\n    onlyIf: '${vip}'\n    target: { purpose: acd }`;
    expect(await explained(move(good), 'acd.start', waiting)).toEqual([
      'move-vip: yes, its topic fits and it has no condition',
      'move-vip: onlyIf is true',
      `    ${vip} is true (conversation.participants is a list of 2)`,
      '        conversation.participants[0]: p.purpose == "customer" is true (p.purpose is "customer")',
      '        conversation.participants[0]: p.?attributes.?vip.orValue("") == "true" is true',
      '        conversation.participants[1]: p.purpose == "customer" is false (p.purpose is "acd")',
      '        conversation.participants[1]: p.?attributes.?vip.orValue("") == "true" is false',
      'move-vip: transfer {"queueId":"other","transferType":"Unattended"}',
      expect.stringMatching(/^move-vip: transfer of participant p-acd would have been applied: /),
      'calls: GET conversation, GET queue, POST transfer, GET conversation (if nothing else shows the change)',
      'permissions: conversation:communication:view, conversation:communication:blindTransfer, routing:queue:view',
    ]);
  });
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
  const conditions: Conditions = new Map([['voice', { when: 'event.mediaType == "VOICE"', onlyIf: null }]]);
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
