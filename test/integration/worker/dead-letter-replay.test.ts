import { describe, expect, it } from 'vitest';
import { waitUntil } from '../../../harness/wait-until.ts';
import { QUEUES } from '../../../simulator/queue-directory.ts';
import type { Simulator } from '../../../simulator/start-simulator.ts';
import { entryFor, type WorkerBed, withWorker } from './with-worker.ts';

const RULES = `
rules:
  - name: last
    when: { topic: "**" }
    target: { purpose: customer }
    actions:
      - setAttributes: { last: "\${event.id}" }
  - name: escalate
    when: { topic: "**" }
    actions:
      - setAttributes: { escalated: "true" }
      - transfer: { queueId: ${QUEUES.escalations.id} }
`;
const options = { rules: RULES, simulator: { writeVisibilityMs: 0 } };

function createConversation(simulator: Simulator) {
  const agent = { id: 'p-agent', purpose: 'agent', userId: 'u-1', queueId: QUEUES.support.id } as const;
  const { id } = simulator.createConversation({ participants: [{ id: 'p-customer', purpose: 'customer' }, agent] });
  return { id, attributes: () => simulator.conversation(id)?.participants[0]?.attributes ?? {} };
}

/** From now on Genesys refuses to set attributes. */
function refuse(simulator: Simulator, times: number): void {
  simulator.addFault({ call: 'patch-attributes', status: 400, code: 'bad.request', message: 'not like this', times });
}

/** The next patch that takes effect is the `count`th. */
function patches({ simulator }: WorkerBed, count: number) {
  return waitUntil(
    () => {
      const writes = simulator.executedWrites().filter(({ write }) => write.kind === 'attributes');
      return writes.length >= count && writes;
    },
    { what: `${count} patches` },
  );
}

const untilDead = (bed: WorkerBed, count: number) =>
  waitUntil(async () => (await bed.deadLetters()).length === count, { what: `${count} dead letters` });

const untilProcessedTwice = (bed: WorkerBed, eventId: string) =>
  waitUntil(() => bed.lines('event processed').filter((line) => line.eventId === eventId)[1], { what: 'the second time' });

describe('a dead letter that is retried', () => {
  it('is done once; meanwhile and afterwards the same event is a duplicate', async () => {
    await withWorker(options, async (bed) => {
      const { id, attributes } = createConversation(bed.simulator);
      const entry = entryFor({ conversationId: id, id: 'e-1' }, ['last']);
      refuse(bed.simulator, 1);
      expect(await bed.receive(entry)).toEqual(['accepted']);
      await untilDead(bed, 1);
      expect(await bed.receive(entry)).toEqual(['duplicate']);
      await bed.retryDeadLetters();
      await untilProcessedTwice(bed, 'e-1');
      expect(attributes()).toEqual({ last: 'e-1' });
      expect(await bed.receive(entry)).toEqual(['duplicate']);
      expect(await bed.entriesLeft(id)).toBe(0);
      expect(await patches(bed, 1)).toHaveLength(1);
    });
  });

  it('takes its turn: all that are retried take effect in the order of arrival', async () => {
    await withWorker(options, async (bed) => {
      const { id, attributes } = createConversation(bed.simulator);
      refuse(bed.simulator, 3);
      for (const eventId of ['e-1', 'e-2', 'e-3']) {
        await bed.receive(entryFor({ conversationId: id, id: eventId }, ['last']));
        await bed.processed(eventId);
      }
      await untilDead(bed, 3);
      await bed.retryDeadLetters();
      for (const eventId of ['e-1', 'e-2', 'e-3']) await untilProcessedTwice(bed, eventId);
      const order = bed.lines('event processed').map(({ eventId }) => eventId);
      expect(order.slice(3)).toEqual(['e-1', 'e-2', 'e-3']);
      expect(attributes()).toEqual({ last: 'e-3' });
    });
  });

  it('also does the actions that were skipped because of it, and repeats none that was done', async () => {
    await withWorker(options, async (bed) => {
      const { id, attributes } = createConversation(bed.simulator);
      refuse(bed.simulator, 1);
      await bed.receive(entryFor({ conversationId: id, id: 'e-1', participantId: 'p-customer' }, ['escalate']));
      const first = await bed.processed('e-1');
      expect(first.outcomes.map(({ reason }) => reason)).toEqual(['refused', 'earlier-action-failed']);
      expect(attributes()).toEqual({});
      await untilDead(bed, 1);
      await bed.retryDeadLetters();
      const second = await untilProcessedTwice(bed, 'e-1');
      expect(second.outcomes.map(({ outcome }) => outcome)).toEqual(['applied', 'applied']);
      expect(attributes()).toEqual({ escalated: 'true' });
      const writes = bed.simulator.executedWrites().map(({ write }) => write.kind);
      expect(writes).toEqual(['attributes', 'transfer']);
    });
  });

  it('comes back as a dead letter when it fails again, and can be retried again', async () => {
    await withWorker(options, async (bed) => {
      const { id, attributes } = createConversation(bed.simulator);
      refuse(bed.simulator, 2);
      await bed.receive(entryFor({ conversationId: id, id: 'e-1' }, ['last']));
      await untilDead(bed, 1);
      await bed.retryDeadLetters();
      await untilProcessedTwice(bed, 'e-1');
      await untilDead(bed, 1);
      await bed.retryDeadLetters();
      await patches(bed, 1);
      expect(attributes()).toEqual({ last: 'e-1' });
    });
  });
});
