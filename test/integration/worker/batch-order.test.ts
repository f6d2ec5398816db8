import { describe, expect, it } from 'vitest';
import { waitUntil } from '../../../harness/wait-until.ts';
import { QUEUES, WRAPUP_CODES } from '../../../simulator/queue-directory.ts';
import { callsOf, commandFor, entryFor, withWorker } from './with-worker.ts';

const { resolved, followUp } = WRAPUP_CODES;
const RULES = `
rules:
  - name: note
    when: { topic: "**" }
    target: { purpose: agent }
    actions:
      - setAttributes: { note: "\${event.body.note}" }
  - name: note-customer
    when: { topic: "**" }
    target: { purpose: customer }
    actions:
      - setAttributes: { note: "\${event.body.note}" }
  - name: due
    when: { topic: "**" }
    target: { purpose: agent }
    actions:
      - setAttributes: { due: "\${timestamp(event.occurredAt) + duration(event.body.wait)}" }
`;
const options = { rules: RULES, simulator: { writeVisibilityMs: 0 } };
const AGENT = { id: 'p-agent', purpose: 'agent', userId: 'u-1', queueId: QUEUES.support.id };
const CUSTOMER = { id: 'p-customer', purpose: 'customer' };
/** A code that is set while the agent still talks is provisional, and anyone may replace it. */
const AFTER_CALL = {
  endTime: '2026-01-01T00:00:00.000Z',
  calls: [{ state: 'disconnected', afterCallWork: { state: 'pending' } }],
} as const;
const target = { purpose: 'agent' };

function wrapupCommand(conversationId: string, code: string, overwrite: boolean) {
  return commandFor(conversationId, target, [{ type: 'applyWrapup', code, overwrite, validateCode: false }]);
}

describe('events of one batch', () => {
  it.each([
    [true, followUp.id, { outcome: 'applied' }],
    [false, resolved.id, { outcome: 'skipped', reason: 'other-code-set' }],
  ])('that set two wrap-up codes leave the right one (overwrite: %s)', async (overwrite, left, second) => {
    await withWorker(options, async ({ simulator, receive, processed }) => {
      const { id } = simulator.createConversation({ participants: [{ ...AGENT, ...AFTER_CALL }, CUSTOMER] });
      const entries = [wrapupCommand(id, resolved.id, overwrite), wrapupCommand(id, followUp.id, overwrite)];
      await receive(...entries);
      const outcomes = await Promise.all(entries.map(async (entry) => (await processed(entry.id)).outcomes[0]));
      expect(outcomes).toMatchObject([{ outcome: 'applied' }, second]);
      expect(simulator.conversation(id)?.participants[0]?.wrapup?.code).toBe(left);
    });
  });

  it('that set a value, and after a wrap-up the one that was there before, leave the last', async () => {
    await withWorker(options, async ({ simulator, receive, processed }) => {
      const { id } = simulator.createConversation({ participants: [{ ...AGENT, attributes: { note: 'two' } }] });
      const first = entryFor({ conversationId: id, body: { note: 'one' } }, ['note']);
      const last = entryFor({ conversationId: id, body: { note: 'two' } }, ['note']);
      await receive(first, wrapupCommand(id, resolved.id, false), last);
      expect((await processed(last.id)).outcomes).toMatchObject([{ outcome: 'applied' }]);
      expect(simulator.conversation(id)?.participants[0]?.attributes.note).toBe('two');
    });
  });

  it('are not held up by one that can not be planned', async () => {
    await withWorker(options, async ({ simulator, receive, processed }) => {
      const { id } = simulator.createConversation({ participants: [AGENT] });
      const poison = entryFor({ conversationId: id, body: { wait: '9000000000000s' } }, ['due']);
      const sound = entryFor({ conversationId: id, body: { note: 'one' } }, ['note']);
      await receive(poison, sound);
      expect((await processed(poison.id)).outcomes).toMatchObject([{ outcome: 'dead-lettered' }]);
      expect((await processed(sound.id)).outcomes).toMatchObject([{ outcome: 'applied' }]);
    });
  });

  it('do not end with the one whose values Genesys refuses', async () => {
    await withWorker(options, async ({ simulator, receive, processed }) => {
      const { id } = simulator.createConversation({ participants: [AGENT] });
      const refusal = { call: 'patch-attributes', status: 400, code: 'invalid.value' } as const;
      for (const fault of [refusal, { call: 'patch-attributes', latencyMs: 0 } as const, refusal]) simulator.addFault(fault);
      const entries = ['one', 'two', 'three'].map((note) => entryFor({ conversationId: id, body: { note } }, ['note']));
      await receive(...entries);
      const outcomes = await Promise.all(entries.map(async (entry) => (await processed(entry.id)).outcomes[0]?.outcome));
      expect(outcomes).toEqual(['applied', 'dead-lettered', 'applied']);
      expect(simulator.conversation(id)?.participants[0]?.attributes.note).toBe('three');
    });
  });

  it('that come in while the fetch for an older one fails for good are processed by themselves', async () => {
    await withWorker(options, async ({ simulator, receive, processed, lines }) => {
      const { id } = simulator.createConversation({ participants: [AGENT] });
      simulator.addFault({ call: 'get-conversation', status: 404, code: 'conversation.not.found', latencyMs: 200 });
      const old = entryFor({ conversationId: id, body: { note: 'one' } }, ['note'], { receivedAt: Date.now() - 30_000 });
      await receive(old);
      await waitUntil(() => callsOf(simulator).length === 1);
      const young = entryFor({ conversationId: id, body: { note: 'two' } }, ['note']);
      await receive(young);
      expect((await processed(old.id)).outcomes).toMatchObject([{ reason: 'conversation-not-found' }]);
      expect((await processed(young.id)).outcomes).toMatchObject([{ outcome: 'applied' }]);
      expect(lines('processing a conversation failed; trying it again')).toEqual([]);
    });
  });

  it('are applied where their write is there, though that of another participant is lost and then refused', async () => {
    await withWorker(options, async ({ simulator, receive, processed }) => {
      const { id } = simulator.createConversation({ participants: [AGENT, CUSTOMER] });
      simulator.addFault({ call: 'patch-attributes', latencyMs: 0 });
      simulator.addFault({ call: 'patch-attributes', lostWrite: true });
      simulator.addFault({ call: 'patch-attributes', status: 400, code: 'bad.request' });
      const there = entryFor({ conversationId: id, body: { note: 'one' } }, ['note']);
      const lost = entryFor({ conversationId: id, body: { note: 'one' } }, ['note-customer']);
      await receive(there, lost);
      expect((await processed(there.id)).outcomes).toMatchObject([{ outcome: 'applied' }]);
      expect((await processed(lost.id)).outcomes).toMatchObject([{ outcome: 'dead-lettered', reason: 'refused' }]);
    });
  });
});
