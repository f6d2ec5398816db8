import { describe, expect, it } from 'vitest';
import { waitUntil } from '../../../harness/wait-until.ts';
import { QUEUES } from '../../../simulator/queue-directory.ts';
import type { ConversationEvent } from '../../../src/domain/conversation-event.ts';
import { sampleEvent } from '../../sample-entry.ts';
import { callsOf, entryFor, type WorkerBed, type WorkerBedOptions, withWorker } from './with-worker.ts';

const RULES = `
rules:
  - name: tag
    when: { topic: tag }
    target: { purpose: customer }
    actions:
      - setAttributes: { tier: "\${event.body.tier}" }
  - name: move
    when: { topic: move }
    target: { purpose: agent }
    actions:
      - transfer: { queueId: ${QUEUES.escalations.id} }
`;
const GET = 'get-conversation 200';
const PATCH = 'patch-attributes 202';
/** Longer than a test: what is proven sooner was proven by something else. */
const LONG_MS = 60_000;

const options = (confirmWithinMs: number): WorkerBedOptions => ({
  rules: RULES,
  simulator: { writeVisibilityMs: 0 },
  hasPlenty: false,
  genesys: { confirmWithinMs },
});

function place({ simulator }: WorkerBed): string {
  const customer = { id: 'p-customer', purpose: 'customer' };
  return simulator.createConversation({ participants: [customer, { id: 'p-agent', purpose: 'agent', userId: 'u-1' }] }).id;
}

const tagOf = (conversationId: string, tier: string) => entryFor({ conversationId, topic: 'tag', body: { tier } }, ['tag']);

/** The event that Genesys raises for a write of an attribute. */
function attributesEvent(conversationId: string, tier: string, fields: Partial<ConversationEvent> = {}): ConversationEvent {
  return sampleEvent({
    conversationId,
    topic: 'v2.detail.events.conversation.{id}.attributes',
    participantId: 'p-customer',
    occurredAt: new Date().toISOString(),
    body: { attributes: { tier } },
    ...fields,
  });
}

/** Until the write was sent and its entry is stored as one that awaits proof. */
async function untilParked({ simulator, entriesLeft }: WorkerBed, conversationId: string, writes = 1): Promise<void> {
  await waitUntil(() => simulator.executedWrites().length === writes, { what: 'the write' });
  expect(await entriesLeft(conversationId)).toBeGreaterThan(0);
}

describe('a write that awaits proof', () => {
  it('is proven without a call by the event that it raises, which no rule matches', async () => {
    await withWorker(options(LONG_MS), async (bed) => {
      const conversationId = place(bed);
      const entry = tagOf(conversationId, 'gold');
      await bed.receive(entry);
      await untilParked(bed, conversationId);
      await bed.show(attributesEvent(conversationId, 'gold'));
      const { outcomes, attempts } = await bed.processed(entry.id);
      expect(outcomes).toMatchObject([{ outcome: 'applied', reason: 'written', participantId: 'p-customer' }]);
      expect(attempts).toBe(0);
      expect(callsOf(bed.simulator)).toEqual([GET, PATCH]);
      await waitUntil(async () => (await bed.entriesLeft(conversationId)) === 0);
    });
  });

  it('is proven by a snapshot, and twice is as good as once', async () => {
    await withWorker(options(LONG_MS), async (bed) => {
      const conversationId = place(bed);
      const entry = tagOf(conversationId, 'gold');
      await bed.receive(entry);
      await untilParked(bed, conversationId);
      const body = { id: conversationId, participants: [{ id: 'p-customer', attributes: { tier: 'gold', other: 'x' } }] };
      const snapshot = attributesEvent(conversationId, '', { participantId: null, body });
      await bed.show(snapshot);
      await bed.show(snapshot);
      expect((await bed.processed(entry.id)).outcomes).toMatchObject([{ outcome: 'applied' }]);
      expect(callsOf(bed.simulator)).toEqual([GET, PATCH]);
    });
  });

  it.each<[string, Partial<ConversationEvent>]>([
    ['with another value', { body: { attributes: { tier: 'silver' } } }],
    ['of another participant', { participantId: 'p-agent' }],
    ['from before the write', { occurredAt: new Date(Date.now() - 60_000).toISOString() }],
    ['with another attribute', { body: { attributes: { other: 'gold' } } }],
  ])('is not proven by an event %s, and is read back in time', async (_, fields) => {
    await withWorker(options(300), async (bed) => {
      const conversationId = place(bed);
      const entry = tagOf(conversationId, 'gold');
      await bed.receive(entry);
      await untilParked(bed, conversationId);
      await bed.show(attributesEvent(conversationId, 'gold', fields));
      expect((await bed.processed(entry.id)).outcomes).toMatchObject([{ outcome: 'applied', reason: 'written' }]);
      expect(callsOf(bed.simulator)).toEqual([GET, PATCH, GET]);
    });
  });

  it('is proven by the fetch of the next event, in order', async () => {
    await withWorker(options(LONG_MS), async (bed) => {
      const conversationId = place(bed);
      const [first, second] = [tagOf(conversationId, 'gold'), tagOf(conversationId, 'silver')];
      await bed.receive(first);
      await untilParked(bed, conversationId);
      await bed.receive(second);
      expect((await bed.processed(first.id)).outcomes).toMatchObject([{ outcome: 'applied', reason: 'written' }]);
      await untilParked(bed, conversationId, 2);
      await bed.show(attributesEvent(conversationId, 'silver'));
      expect((await bed.processed(second.id)).outcomes).toMatchObject([{ outcome: 'applied', reason: 'written' }]);
      expect(callsOf(bed.simulator)).toEqual([GET, PATCH, GET, PATCH]);
    });
  });

  it('is proven before a transfer that came later is sent', async () => {
    await withWorker(options(LONG_MS), async (bed) => {
      const conversationId = place(bed);
      const tag = tagOf(conversationId, 'gold');
      await bed.receive(tag);
      await untilParked(bed, conversationId);
      const move = entryFor({ conversationId, topic: 'move' }, ['move']);
      await bed.receive(move);
      expect((await bed.processed(move.id)).outcomes).toMatchObject([{ outcome: 'applied' }]);
      expect((await bed.processed(tag.id)).outcomes).toMatchObject([{ outcome: 'applied' }]);
      expect(callsOf(bed.simulator).slice(0, 4)).toEqual([GET, PATCH, GET, 'get-queue 200']);
    });
  });

  it('is sent once more when it was lost', async () => {
    await withWorker(options(200), async (bed) => {
      const conversationId = place(bed);
      bed.simulator.addFault({ call: 'patch-attributes', lostWrite: true, times: 1 });
      const entry = tagOf(conversationId, 'gold');
      await bed.receive(entry);
      expect((await bed.processed(entry.id)).outcomes).toMatchObject([{ outcome: 'applied', reason: 'written' }]);
      expect(bed.simulator.executedWrites()).toHaveLength(1);
      expect(callsOf(bed.simulator).filter((call) => call === PATCH)).toHaveLength(2);
    });
  });

  it('is a dead letter when it was lost twice, and never applied', async () => {
    await withWorker(options(200), async (bed) => {
      const conversationId = place(bed);
      bed.simulator.addFault({ call: 'patch-attributes', lostWrite: true, times: 100 });
      const entry = tagOf(conversationId, 'gold');
      await bed.receive(entry);
      expect((await bed.processed(entry.id)).outcomes).toMatchObject([{ outcome: 'dead-lettered', reason: 'not-persisted' }]);
      expect(callsOf(bed.simulator).filter((call) => call === PATCH)).toHaveLength(2);
    });
  });
});
