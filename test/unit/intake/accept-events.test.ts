import { expect, test } from 'vitest';
import { KeyReusedError } from '../../../src/inbox/inbox.ts';
import { createAcceptEvents } from '../../../src/intake/accept-events.ts';
import type { RuleSet } from '../../../src/rules/rule-set.ts';
import { NO_STORIES } from '../../../src/story/story-recorder.ts';
import { sampleEvent } from '../../sample-entry.ts';

const MATCHED = 'v2.detail.events.conversation.{id}.acw';
const ruleSet: RuleSet = {
  rules: new Map(),
  candidates: (topic) => (topic === MATCHED ? [{ name: 'rule', judge: () => 'matched' }] : []),
};

test('a reused key is named by its place among all events, also where a rule matches only some of them', async () => {
  const accept = () => Promise.reject(new KeyReusedError(1, 'c-1'));
  const around = {
    logger: { warn: () => undefined },
    story: NO_STORIES,
    takeEdges: async () => undefined,
    noteEvidence: () => undefined,
  };
  const acceptEvents = createAcceptEvents({ store: { accept }, ruleSet: () => ruleSet, ...around });
  const events = ['ignored', MATCHED, 'ignored', MATCHED].map((topic, id) => sampleEvent({ id: String(id), topic }));
  await expect(acceptEvents(events, 0)).rejects.toMatchObject({ code: 'key-reused', position: 3, conversationId: 'c-1' });
});
