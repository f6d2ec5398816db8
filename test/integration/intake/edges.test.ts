import { describe, expect } from 'vitest';
import type { ConversationEvent } from '../../../src/domain/conversation-event.ts';
import { createInbox } from '../../../src/inbox/redis-inbox.ts';
import { openIntake } from '../../../src/intake/open-intake.ts';
import { createKeys } from '../../../src/redis/keys.ts';
import { NO_STORIES } from '../../../src/story/story-recorder.ts';
import { parseRules } from '../../read-rules.ts';
import { sampleEvent } from '../../sample-entry.ts';
import { type RedisScope, silent, test } from '../redis-scope.ts';

const RULES = `
rules:
  - name: edges
    when: { topic: hookpatch.conversation.*.agent.* }
    actions: [{ setAttributes: { seen: "yes" } }]
  - name: changes
    when: { topic: "hookpatch.conversation.{id}.attributes.changed" }
    actions: [{ setAttributes: { seen: "yes" } }]
`;

async function openIntakes(scope: RedisScope, count: number, text = RULES) {
  const rules = parseRules(text, 'rules.yaml', silent);
  if (!rules.ok) throw new Error(rules.faults.join('\n'));
  const config = { redis: { urls: [scope.url], prefix: scope.prefix }, eventDedupSeconds: 60 };
  const connections = await Promise.all(Array.from({ length: count }, () => scope.connect('producer')));
  const intakes = connections.map((redis) =>
    openIntake({ config, redis, story: NO_STORIES, ruleSet: () => rules.ruleSet, logger: silent }),
  );
  const redis = await scope.connect();
  const inbox = createInbox({ redis, prefix: scope.prefix, dedupSeconds: 60 });
  const entriesOf = async (conversationId: string) =>
    (await inbox.read(conversationId, 1_000)).flatMap(({ entry }) => entry ?? []);
  return { intakes, redis, entriesOf };
}

let snapshots = 0;

/** A snapshot with so many agents who have answered, and an attribute of the customer. */
function snapshot(conversationId: string, agents: number, tier = 'gold'): ConversationEvent {
  const answered = Array.from({ length: agents }, (_, index) => ({
    id: `agent-${index}`,
    purpose: 'agent',
    calls: [{ state: 'connected' }],
  }));
  const participants = [{ id: 'customer', purpose: 'customer', attributes: { tier } }, ...answered];
  return sampleEvent({
    id: `snapshot-${++snapshots}`,
    topic: 'v2.routing.queues.{id}.conversations',
    conversationId,
    body: { id: conversationId, participants },
  });
}

describe('edges between snapshots', () => {
  test('come into the inbox with a job, and are not derived again', async ({ scope }) => {
    const { intakes, redis, entriesOf } = await openIntakes(scope, 1);
    const [intake] = intakes;
    const receipt = await intake?.acceptEvents([snapshot('c-1', 1)], 1);
    await intake?.acceptEvents([snapshot('c-1', 1)], 2);
    expect(receipt).toMatchObject({ accepted: 0, ignored: 1 });
    const entries = await entriesOf('c-1');
    expect(entries.map(({ id, work }) => [id, work])).toEqual([
      ['edge/c-1/agent.connected/agent-0', { kind: 'rules', rules: ['edges'] }],
    ]);
    const keys = createKeys(scope.prefix);
    expect(await redis.zscore(keys.pending, 'c-1')).toBe('1');
    expect(await redis.exists(keys.queue('conversations', 'c-1'), keys.queue('conversations', 'de', 'c-1'))).toBeGreaterThan(0);
    expect(await redis.ttl(keys.snapshot('c-1'))).toBeGreaterThan(86_000);
  });

  test('are derived once, and none is lost, by several processes that see the same snapshots at the same time', async ({
    scope,
  }) => {
    const { intakes, entriesOf } = await openIntakes(scope, 4);
    const most = 12;
    await Promise.all(
      intakes.map(async (intake, process) => {
        for (let agents = 1; agents <= most; agents += 1) {
          // Each has its own way through them.
          await intake.acceptEvents([snapshot('c-1', process % 2 === 0 ? agents : most)], agents);
        }
      }),
    );
    const ids = (await entriesOf('c-1')).map(({ id }) => id).sort();
    const expected = Array.from({ length: most }, (_, index) => `edge/c-1/agent.connected/agent-${index}`).sort();
    expect(ids).toEqual(expected);
  });

  test('report a changed attribute each time that it changes', async ({ scope }) => {
    const { intakes, entriesOf } = await openIntakes(scope, 1);
    for (const tier of ['gold', 'silver', 'silver', 'gold', 'silver'])
      await intakes[0]?.acceptEvents([snapshot('c-1', 0, tier)], 1);
    expect((await entriesOf('c-1')).map(({ event }) => event.body.attributes)).toEqual([
      { tier: 'silver' },
      { tier: 'gold' },
      { tier: 'silver' },
    ]);
  });

  test('cost no command where no rule wants one', async ({ scope }) => {
    const { intakes, redis } = await openIntakes(scope, 1, 'rules: []');
    await intakes[0]?.acceptEvents([snapshot('c-1', 1)], 1);
    expect(await redis.exists(createKeys(scope.prefix).snapshot('c-1'))).toBe(0);
  });

  test('come after their snapshot, where a rule wants both', async ({ scope }) => {
    const both = `${RULES}  - name: state\n    when: { topic: v2.routing.** }\n    actions: [{ setAttributes: { seen: "yes" } }]\n`;
    const { intakes, entriesOf } = await openIntakes(scope, 1, both);
    const event = snapshot('c-1', 1);
    await intakes[0]?.acceptEvents([event], 1);
    expect((await entriesOf('c-1')).map(({ id }) => id)).toEqual([event.id, 'edge/c-1/agent.connected/agent-0']);
  });

  test('start again with what is remembered unreadably', async ({ scope }) => {
    const { intakes, redis, entriesOf } = await openIntakes(scope, 1);
    await redis.set(createKeys(scope.prefix).snapshot('c-1'), 'damaged');
    await intakes[0]?.acceptEvents([snapshot('c-1', 1)], 1);
    expect(await entriesOf('c-1')).toHaveLength(1);
  });
});
