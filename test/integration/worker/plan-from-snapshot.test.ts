import { describe, expect, it } from 'vitest';
import { waitUntil } from '../../../harness/wait-until.ts';
import { QUEUES } from '../../../simulator/queue-directory.ts';
import { buildConversationSnapshot } from '../../../simulator/queue-snapshot.ts';
import type { InboxEntry } from '../../../src/domain/inbox-entry.ts';
import { sampleEvent } from '../../sample-entry.ts';
import { callsOf, entryFor, type WorkerBed, type WorkerBedOptions, withWorker } from './with-worker.ts';

const TOPIC = 'v2.routing.queues.{id}.conversations';
const RULES = `
rules:
  - name: tag
    when: { topic: "**" }
    target: { purpose: customer }
    actions:
      - setAttributes: { tier: gold }
  - name: silver
    when: { topic: "**" }
    target: { purpose: customer }
    actions:
      - setAttributes: { tier: silver }
  - name: copy
    when: { topic: "**" }
    target: { purpose: customer }
    actions:
      - setAttributes: { copy: "\${participant.attributes.tier}" }
  - name: visitor
    when: { topic: "**" }
    target: { purpose: visitor }
    actions:
      - setAttributes: { tier: gold }
  - name: move
    when: { topic: "**" }
    target: { purpose: agent }
    actions:
      - transfer: { queueId: ${QUEUES.escalations.id} }
`;
const GET = 'get-conversation 200';
const PATCH = 'patch-attributes 202';
const options: WorkerBedOptions = { rules: RULES, simulator: { writeVisibilityMs: 0 }, hasPlenty: false };

function place({ simulator }: WorkerBed): string {
  const customer = { id: 'p-customer', purpose: 'customer', attributes: { tier: 'bronze' } };
  return simulator.createConversation({ participants: [customer, { id: 'p-agent', purpose: 'agent', userId: 'u-1' }] }).id;
}

function bodyOf({ simulator }: WorkerBed, conversationId: string): Readonly<Record<string, unknown>> {
  const conversation = simulator.conversation(conversationId);
  if (conversation === null || conversation === undefined) throw new Error('there is no such conversation');
  return { ...buildConversationSnapshot(conversation) };
}

/** An entry whose event is the conversation as it is now. */
function snapshotEntry(bed: WorkerBed, conversationId: string, rule: string, fields: Partial<InboxEntry> = {}): InboxEntry {
  return entryFor({ conversationId, topic: TOPIC, body: bodyOf(bed, conversationId) }, [rule], {
    via: 'notifications',
    ...fields,
  });
}

async function untilWritten({ simulator }: WorkerBed, writes = 1): Promise<void> {
  await waitUntil(() => simulator.executedWrites().length >= writes, { what: 'the write' });
}

describe('a snapshot that has just come over the own channel', () => {
  it('serves attributes as the fetch, and the next one proves them: one call', async () => {
    await withWorker(options, async (bed) => {
      const conversationId = place(bed);
      const entry = snapshotEntry(bed, conversationId, 'tag');
      await bed.receive(entry);
      await untilWritten(bed);
      const occurredAt = new Date().toISOString();
      await bed.show(sampleEvent({ conversationId, topic: TOPIC, occurredAt, body: bodyOf(bed, conversationId) }));
      expect((await bed.processed(entry.id)).outcomes).toMatchObject([{ outcome: 'applied', participantId: 'p-customer' }]);
      expect(callsOf(bed.simulator)).toEqual([PATCH]);
    });
  });

  it('costs nothing when it shows the values already', async () => {
    await withWorker(options, async (bed) => {
      const conversationId = place(bed);
      bed.simulator.setAttributes(conversationId, 'p-customer', { tier: 'gold' });
      const entry = snapshotEntry(bed, conversationId, 'tag');
      await bed.receive(entry);
      expect((await bed.processed(entry.id)).outcomes).toMatchObject([{ outcome: 'unchanged' }]);
      expect(callsOf(bed.simulator)).toEqual([]);
    });
  });

  it.each<[string, string, Partial<InboxEntry>, boolean]>([
    ['the setting is off', 'tag', {}, false],
    ['it came another way', 'tag', { via: 'look' }, true],
    ['it is older than a second', 'tag', { receivedAt: Date.now() - 2_000 }, true],
    ['a value reads the participant', 'copy', {}, true],
    ['the target is not in it', 'visitor', {}, true],
    ['a transfer is to be done', 'move', {}, true],
  ])('is no fetch when %s', async (_, rule, fields, planFromSnapshots) => {
    await withWorker({ ...options, genesys: { planFromSnapshots } }, async (bed) => {
      const conversationId = place(bed);
      await bed.receive(snapshotEntry(bed, conversationId, rule, fields));
      await waitUntil(() => callsOf(bed.simulator).length > 0, { what: 'a call' });
      expect(callsOf(bed.simulator)[0]).toBe(GET);
    });
  });

  it('is no fetch when it does not show the last write: it is older than that', async () => {
    await withWorker({ ...options, hasPlenty: true }, async (bed) => {
      const conversationId = place(bed);
      const stale = bodyOf(bed, conversationId);
      const first = entryFor({ conversationId, topic: 'x' }, ['tag']);
      await bed.receive(first);
      await bed.processed(first.id);
      const late = entryFor({ conversationId, topic: TOPIC, body: { ...stale } }, ['silver'], { via: 'notifications' });
      await bed.receive(late);
      expect((await bed.processed(late.id)).outcomes).toMatchObject([{ outcome: 'applied' }]);
      expect(callsOf(bed.simulator)).toEqual([GET, PATCH, GET, GET, PATCH, GET]);
    });
  });
});
