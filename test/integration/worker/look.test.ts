import { describe, expect, it } from 'vitest';
import { QUEUES } from '../../../simulator/queue-directory.ts';
import type { Simulator } from '../../../simulator/start-simulator.ts';
import { callsOf, entryFor, type WorkerBed, withWorker } from './with-worker.ts';

const RULES = `
rules:
  - name: state
    when: { topic: v2.routing.queues.*.conversations, if: 'event.queueId == "${QUEUES.support.id}"' }
    target: { purpose: customer }
    actions: [{ setAttributes: { state: seen } }]
  - name: users
    when: { topic: v2.users.*.conversations }
    target: { purpose: customer }
    actions: [{ setAttributes: { user: "\${event.userId}" } }]
  - name: answered
    when: { topic: hookpatch.conversation.*.agent.connected }
    target: { purpose: customer }
    actions: [{ setAttributes: { answered: "\${event.userId}" } }]
`;

let looks = 0;

function lookFor(conversationId: string, topics: readonly string[] = []) {
  const id = `look/${++looks}`;
  return entryFor({ conversationId, id, topic: 'hookpatch.look' }, [], { work: { kind: 'look', topics } });
}

const AGENT = { purpose: 'agent', userId: 'u-1', queueId: QUEUES.support.id, calls: [{ state: 'connected' }] } as const;

function answeredCall(simulator: Simulator): string {
  return simulator.createConversation({ participants: [{ purpose: 'customer' }, AGENT] }).id;
}

/** Waits for what follows from a look: the events have ids of their own. */
async function seen({ lines }: WorkerBed, topic: string) {
  for (;;) {
    const line = lines('event processed').find((each) => (each as { topic?: string }).topic === topic);
    if (line !== undefined) return line;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const attributesOf = ({ simulator }: WorkerBed, id: string) => simulator.conversation(id)?.participants[0]?.attributes;

describe('a look at a conversation', () => {
  it('is one fetch, from which the rules on its state and its edges follow', async () => {
    await withWorker({ rules: RULES, simulator: { writeVisibilityMs: 0 } }, async (bed) => {
      const id = answeredCall(bed.simulator);
      const look = lookFor(id);
      await bed.receive(look, lookFor(id));
      expect((await bed.processed(look.id)).outcomes).toEqual([
        expect.objectContaining({ outcome: 'unchanged', reason: 'looked-at', rule: '(look)', action: null }),
      ]);
      await seen(bed, 'hookpatch.conversation.{id}.agent.connected');
      expect(attributesOf(bed, id)).toEqual({ state: 'seen', answered: 'u-1' });
      expect(callsOf(bed.simulator)).toEqual(['get-conversation 200', 'patch-attributes 202', 'get-conversation 200']);
      expect(await bed.entriesLeft(id)).toBe(0);
    });
  });

  it('has its turn: what came before it is done first, and what it sees comes after what came in meanwhile', async () => {
    await withWorker({ rules: RULES }, async (bed) => {
      const id = answeredCall(bed.simulator);
      const [before, after] = [entryFor({ conversationId: id }, ['state']), entryFor({ conversationId: id }, ['users'])];
      const look = lookFor(id, ['v2.users.u-1.conversations']);
      await bed.receive(before, look, after);
      await seen(bed, 'v2.users.{id}.conversations');
      const order = bed.lines('event processed').map(({ eventId }) => eventId);
      expect(order.slice(0, 3)).toEqual([before.id, look.id, after.id]);
      expect(attributesOf(bed, id)).toMatchObject({ user: 'u-1' });
    });
  });

  it('has nothing to repair where the conversation is gone, and is tried again where Genesys fails', async () => {
    await withWorker({ rules: RULES }, async (bed) => {
      const [gone, fails] = [lookFor('no-such-conversation'), lookFor(answeredCall(bed.simulator))];
      await bed.receive(gone);
      expect((await bed.processed(gone.id)).outcomes).toMatchObject([{ outcome: 'skipped', reason: 'conversation-ended' }]);
      bed.simulator.addFault({ call: 'get-conversation', status: 503, times: 1 });
      await bed.receive(fails);
      await bed.waiting(fails.id, /503/);
      expect((await bed.processed(fails.id)).outcomes).toMatchObject([{ reason: 'looked-at' }]);
    });
  });

  it('is a dead letter when every try failed, and looks again when somebody retries it', async () => {
    await withWorker({ rules: RULES, attempts: 2 }, async (bed) => {
      const id = answeredCall(bed.simulator);
      bed.simulator.addFault({ call: 'get-conversation', status: 503, times: 2 });
      const look = lookFor(id);
      await bed.receive(look);
      expect((await bed.processed(look.id)).outcomes).toMatchObject([{ reason: 'attempts-exhausted', rule: '(look)' }]);
      expect(await bed.deadLetters()).toHaveLength(1);
      await bed.retryDeadLetters();
      await seen(bed, 'hookpatch.conversation.{id}.agent.connected');
      expect(attributesOf(bed, id)).toMatchObject({ state: 'seen', answered: 'u-1' });
    });
  });
});
