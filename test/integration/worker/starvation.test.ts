import { describe, expect, it } from 'vitest';
import { waitUntil } from '../../../harness/wait-until.ts';
import type { Simulator } from '../../../simulator/start-simulator.ts';
import { entryFor, type WorkerBed, withWorker } from './with-worker.ts';

const RULES = `
rules:
  - name: tag
    when: { topic: "**" }
    target: { purpose: customer }
    actions:
      - setAttributes: { last: "\${event.body.sequence}" }
`;
const CONCURRENCY = 3;
/** More than a worker of this concurrency takes on at once. */
const TROUBLED = CONCURRENCY * 4;
const BYSTANDERS = 10;
const options = { rules: RULES, simulator: { writeVisibilityMs: 0 }, concurrency: CONCURRENCY };

function place(simulator: Simulator): string {
  return simulator.createConversation({ participants: [{ purpose: 'customer' }] }).id;
}

function eventOf(conversationId: string, sequence = 1) {
  return entryFor({ conversationId, body: { sequence: String(sequence) } }, ['tag']);
}

/** One event for each of some conversations of which nothing is unusual; resolves when all of them are done. */
async function processBystanders({ simulator, receive, processed }: WorkerBed): Promise<void> {
  const entries = Array.from({ length: BYSTANDERS }, () => eventOf(place(simulator)));
  await receive(...entries);
  const lines = await Promise.all(entries.map(({ id }) => processed(id)));
  expect(lines.map(({ outcomes }) => outcomes[0]?.outcome)).toEqual(lines.map(() => 'applied'));
}

/** What the attribute `last` was set to, in order. */
function writtenTo(simulator: Simulator, conversationId: string): number[] {
  const writes = simulator.executedWrites().filter((write) => write.conversationId === conversationId);
  return writes.flatMap(({ write }) => (write.kind === 'attributes' ? Number(write.attributes.last) : []));
}

describe('a conversation in trouble does not delay others', () => {
  it('when every call about it fails, and there are more of its kind than a worker has room for', async () => {
    await withWorker({ ...options, attempts: 1_000 }, async (bed) => {
      const poisoned = Array.from({ length: TROUBLED }, () => place(bed.simulator));
      for (const conversationId of poisoned) {
        bed.simulator.addFault({ call: '*', conversationId, status: 500, times: 1_000_000 });
      }
      const entries = poisoned.map((conversationId) => eventOf(conversationId));
      await bed.receive(...entries);
      await Promise.all(entries.map(({ id }) => bed.waiting(id)));
      await processBystanders(bed);
      for (const conversationId of poisoned) expect(await bed.entriesLeft(conversationId)).toBe(1);
    });
  });

  it('when its events never cease, and there are more of its kind than a worker has room for', async () => {
    await withWorker(options, async (bed) => {
      const flooded = Array.from({ length: TROUBLED }, () => place(bed.simulator));
      let sequence = 0;
      let over = false;
      /** The flood ends only when the others are done: were they to wait for its end, this test would never end. */
      const flood = async () => {
        while (!over) {
          sequence += 1;
          await bed.receive(...flooded.map((conversationId) => eventOf(conversationId, sequence)));
        }
      };
      const flooding = flood();
      // Until every conversation of the flood has had its turn: the worker is full.
      await waitUntil(() => flooded.every((conversationId) => writtenTo(bed.simulator, conversationId).length > 0));
      await processBystanders(bed);
      over = true;
      await flooding;
      const last = flooded.map((conversationId) => eventOf(conversationId, sequence + 1));
      await bed.receive(...last);
      await Promise.all(last.map(({ id }) => bed.processed(id)));
      for (const conversationId of flooded) {
        const values = writtenTo(bed.simulator, conversationId);
        expect(values.at(-1)).toBe(sequence + 1);
        expect(values).toEqual(values.toSorted((one, other) => one - other));
      }
    });
  });
});
