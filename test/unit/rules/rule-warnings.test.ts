import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isAboutConversation } from '../../../src/domain/delivered-event.ts';
import { TOPIC_CATALOGUE } from '../../../src/domain/topic-catalogue.ts';
import { parseDelivery } from '../../../src/envelopes/parse-delivery.ts';
import { parseRules } from '../../read-rules.ts';

function warningsOf(rule: string): readonly string[] {
  const text = `rules:\n  - name: a\n${rule.replaceAll(/^/gm, '    ')}\n`;
  const loaded = parseRules(text, 'rules.yaml', { warn: () => {} });
  return loaded.ok ? loaded.warnings : loaded.faults.map((fault) => `FAULT ${fault}`);
}

const START = 'v2.detail.events.conversation.*.customer.start';
const ACTIONS = 'actions: [{ setAttributes: { k: v } }]';

describe('warnings about a rule', () => {
  it.each([
    [
      `when: { topic: v2.detail.events.conversation.*.customer.started }\n${ACTIONS}`,
      /^rules\.yaml:3:20: no topic .* matches "v2\.detail.*started" \(did you mean "v2\.detail\.events\.conversation\.\{id\}\.customer\.start"\?\)/,
    ],
    [
      `when: { topic: v2.detail.events.conversations.{id}.customer.start }\n${ACTIONS}`.replace('{id}', '*'),
      /^rules\.yaml:3:20: .*did you mean "v2\.detail\.events\.conversation\.\{id\}\.customer\.start"/,
    ],
    [`when: { topic: "**.custmer.start" }\n${ACTIONS}`, /did you mean "customer\.start"/],
    [
      `when: { topic: ["${START}", v2.detail.events.conversation.*.acwx] }\n${ACTIONS}`,
      /^rules\.yaml:3:71: .*did you mean "v2\.detail\.events\.conversation\.\{id\}\.acw"/,
    ],
    [
      `when: { topic: "${START}" }\ntarget: { purpose: custmer }\n${ACTIONS}`,
      /^rules\.yaml:4:24: "custmer" is no purpose .*did you mean "customer"/,
    ],
    [
      `when: { topic: "${START}" }\ntarget: { purpose: caller }\n${ACTIONS}`,
      /^rules\.yaml:4:24: "caller" is no purpose .*\(known: customer, external, agent/,
    ],
    [
      `when: { topic: "${START}", if: event.mediaType == "voice" }\n${ACTIONS}`,
      /^rules\.yaml:3:93: event\.mediaType is never known to be "voice" \(did you mean "VOICE"\?\)/,
    ],
    [
      `when: { topic: "${START}", if: 'event.mediaType in ["VOICE", "MESAGE"]' }\n${ACTIONS}`,
      /event\.mediaType is never known to be "MESAGE" \(did you mean "MESSAGE"\?\)/,
    ],
    [
      `when: { topic: "${START}", if: event.direction != "inbound" }\n${ACTIONS}`,
      /event\.direction is never known to be "inbound" \(did you mean "INBOUND"\?\)/,
    ],
    [
      `when: { topic: "${START}", if: event.queueId == "q" }\n${ACTIONS}`,
      /^rules\.yaml:3:74: event\.queueId is always null for the topics of this rule \(it is filled by acd\.start, acd\.end, user\.start/,
    ],
    [
      `when: { topic: "${START}" }\ntarget: { userId: "\${event.userId}" }\n${ACTIONS}`,
      /^rules\.yaml:4:26: event\.userId is always null/,
    ],
    [
      `when: { topic: "${START}" }\nactions: [{ setAttributes: { k: "x \${event.?queueId}" } }]`,
      /^rules\.yaml:4:42: event\.queueId is always null/,
    ],
  ])('%s', (rule, warning) => {
    expect(warningsOf(rule)).toEqual([expect.stringMatching(warning)]);
  });

  it.each([
    `when: { topic: "${START}", if: event.mediaType == "VOICE" && event.ani != null }\n${ACTIONS}`,
    `when: { topic: "**", if: event.queueId == "q" }\n${ACTIONS}`,
    `when: { topic: relay.conversation.ended, if: event.queueId == "q" }\n${ACTIONS}`,
    `when: { topic: ["${START}", "v2.detail.events.conversation.*.acd.start"], if: event.queueId == "q" }\n${ACTIONS}`,
    `when: { topic: v2.users.*.conversations.calls, if: event.userId != null && event.mediaType == "VOICE" }\n${ACTIONS}`,
    `when: { topic: "${START}" }\ntarget: { purpose: "\${event.body.purpose}" }\n${ACTIONS}`,
  ])('none: %s', (rule) => {
    expect(warningsOf(rule)).toEqual([]);
  });

  it('none for what the repository ships', () => {
    const root = new URL('../../../', import.meta.url);
    const documents = [
      ...readdirSync(new URL('docs/', root))
        .filter((name) => name.endsWith('.md'))
        .map((name) => `docs/${name}`),
      'README.md',
    ];
    const examples = documents.flatMap((path) =>
      [...readFileSync(new URL(path, root), 'utf8').matchAll(/^ *```yaml\n(.*?)^ *```$/gms)].map(([, text = '']) =>
        text.replaceAll(/^ {3}/gm, '   '),
      ),
    );
    const files = ['rules.example.yaml', 'demo/rules.yaml'].map((path) => readFileSync(new URL(path, root), 'utf8'));
    for (const text of [...files, ...examples.filter((text) => /^rules:/m.test(text))]) {
      const loaded = parseRules(text.replaceAll(/^ {3}(?=rules:)/gm, ''), 'rules.yaml', { warn: () => {} });
      if (loaded.ok) expect(loaded.warnings).toEqual([]);
    }
  });
});

describe('the catalogue of topics', () => {
  // Those of hookpatch are not parsed but derived: see the test of the edges.
  const ofGenesys = TOPIC_CATALOGUE.filter(({ topic }) => topic.startsWith('v2.'));
  it.each(ofGenesys.map((topic) => [topic.topic, topic] as const))('%s fills what it says', (name, { fields, body }) => {
    const topicName = name.replaceAll('{id}', '8091a2b3-c4d5-46e7-b809-1a2b3c4d5e6f');
    const [event] = parseDelivery(Buffer.from(JSON.stringify({ topicName, eventBody: body, metadata: {} })), {
      receivedAt: 0,
      deliveryKey: null,
    });
    if (event === undefined || !isAboutConversation(event)) throw new Error(`${name} is about no conversation`);
    expect(event.topic).toBe(name);
    const optional = [
      'participantId',
      'communicationId',
      'userId',
      'queueId',
      'mediaType',
      'direction',
      'ani',
      'dnis',
      'address',
    ] as const;
    expect(optional.filter((field) => event[field] !== null).toSorted()).toEqual([...fields].toSorted());
  });
});
