import { describe, expect, it } from 'vitest';
import { waitUntil } from '../../../harness/wait-until.ts';
import { QUEUES, WRAPUP_CODES } from '../../../simulator/queue-directory.ts';
import type { ParticipantSeed } from '../../../simulator/seed-conversation.ts';
import type { Simulator } from '../../../simulator/start-simulator.ts';
import { callsOf, entryFor, withWorker } from './with-worker.ts';

const { resolved, followUp, refund } = WRAPUP_CODES;
const RULES = `
rules:
  - name: wrap-up
    when: { topic: "**" }
    target: { purpose: agent }
    actions:
      - applyWrapup: { code: ${resolved.id}, notes: "trace \${trace.traceId}" }
  - name: by-name
    when: { topic: "**" }
    target: { purpose: agent }
    actions:
      - applyWrapup: { code: resolved }
  - name: overwrite
    when: { topic: "**" }
    target: { purpose: agent }
    actions:
      - applyWrapup: { code: ${resolved.id}, overwrite: true }
  - name: foreign
    when: { topic: "**" }
    target: { purpose: agent }
    actions:
      - applyWrapup: { code: ${refund.id} }
  - name: unchecked
    when: { topic: "**" }
    target: { purpose: agent }
    actions:
      - applyWrapup: { code: ${resolved.id}, validateCode: false }
  - name: of-the-event
    when: { topic: "**" }
    target: { purpose: agent }
    actions:
      - applyWrapup: { code: "\${event.body.code}" }
  - name: queue-of-the-event
    when: { topic: "**" }
    actions:
      - transfer: { queueName: "\${event.body.code}" }
  - name: tag-and-wrap-up
    when: { topic: "**" }
    target: { purpose: agent }
    actions:
      - setAttributes: { tier: platinum }
      - applyWrapup: { code: ${resolved.id} }
`;
const HIDDEN = 'value-that-nobody-sees';
const simulator = { writeVisibilityMs: 0 };
const endedAt = '2026-01-01T00:00:00.000Z';

function agent(fields: ParticipantSeed = {}): ParticipantSeed {
  return { id: 'p-agent', purpose: 'agent', userId: 'u-1', queueId: QUEUES.support.id, ...fields };
}

function inAfterCallWork(state: 'unknown' | 'pending' | 'complete', fields: ParticipantSeed = {}): ParticipantSeed {
  const calls = [{ state: 'disconnected', afterCallWork: { state } } as const];
  return agent({ endTime: endedAt, calls, ...fields });
}

function wrapupOf(from: Simulator, conversationId: string) {
  return from.conversation(conversationId)?.participants[0]?.wrapup;
}

describe('applyWrapup', () => {
  it.each([
    ['while after-call work is pending', inAfterCallWork('pending')],
    ['while the agent is connected', agent()],
  ])('sets code and notes %s, and confirms it', async (_name, participant) => {
    await withWorker({ rules: RULES, simulator }, async (bed) => {
      const { id } = bed.simulator.createConversation({ participants: [participant] });
      const entry = entryFor({ conversationId: id }, ['wrap-up']);
      await bed.receive(entry);
      expect((await bed.processed(entry.id)).outcomes).toMatchObject([{ outcome: 'applied', participantId: 'p-agent' }]);
      const notes = `trace ${entry.traceparent.split('-')[1]}`;
      expect(wrapupOf(bed.simulator, id)).toMatchObject({ code: resolved.id, notes });
      expect(callsOf(bed.simulator)).toEqual([
        'get-conversation 200',
        'list-wrapup-codes 200',
        'patch-wrapup 202',
        'get-conversation 200',
      ]);
    });
  });

  it('takes the code by name, and remembers the codes of a queue', async () => {
    await withWorker({ rules: RULES, simulator }, async (bed) => {
      const conversations = [1, 2].map(() => bed.simulator.createConversation({ participants: [agent()] }));
      for (const { id } of conversations) {
        const entry = entryFor({ conversationId: id }, ['by-name']);
        await bed.receive(entry);
        expect((await bed.processed(entry.id)).outcomes[0]?.outcome).toBe('applied');
        expect(wrapupOf(bed.simulator, id)?.code).toBe(resolved.id);
      }
      expect(callsOf(bed.simulator).filter((call) => call.startsWith('list'))).toHaveLength(1);
    });
  });

  it.each([
    ['the same code', 'wrap-up', resolved.id, 'unchanged', 'already-set', resolved.id],
    ['another code', 'wrap-up', followUp.id, 'skipped', 'other-code-set', followUp.id],
    ['another code, and overwrite', 'overwrite', followUp.id, 'applied', 'written', resolved.id],
  ])('meets %s that is set already', async (_name, rule, code, outcome, reason, left) => {
    await withWorker({ rules: RULES, simulator }, async (bed) => {
      const { id } = bed.simulator.createConversation({ participants: [agent({ wrapup: { code } })] });
      const entry = entryFor({ conversationId: id }, [rule]);
      await bed.receive(entry);
      const [found] = (await bed.processed(entry.id)).outcomes;
      expect(found).toMatchObject({ outcome, reason });
      if (outcome === 'skipped') {
        expect(found?.detail).toContain(followUp.id);
        expect(found?.detail).toContain(resolved.id);
      }
      expect(wrapupOf(bed.simulator, id)?.code).toBe(left);
    });
  });

  it('shows no code and no queue that came from an event, neither in the dead letter nor in the log', async () => {
    await withWorker({ rules: RULES, simulator }, async (bed) => {
      for (const [rule, code] of [
        ['of-the-event', HIDDEN],
        ['queue-of-the-event', HIDDEN],
        ['of-the-event', resolved.id],
      ] as const) {
        const { id } = bed.simulator.createConversation({ participants: [agent({ wrapup: { code: followUp.id } })] });
        const entry = entryFor({ conversationId: id, body: { code } }, [rule]);
        await bed.receive(entry);
        const [found] = (await bed.processed(entry.id)).outcomes;
        expect(found?.detail).toMatch(/rule rendered/);
        expect(found?.detail).not.toContain(resolved.id);
      }
      const letters = await waitUntil(async () => {
        const parked = await bed.deadLetters();
        return parked.length > 1 && parked;
      });
      const outcomes = letters.map(({ letter }) => letter.outcome);
      expect(outcomes.map(({ reason }) => reason)).toEqual(['wrapup-code-unknown', 'queue-not-found']);
      expect(JSON.stringify(outcomes) + bed.log()).not.toContain(HIDDEN);
    });
  });

  it('dead-letters a code that the queue does not have, and lists those that it has', async () => {
    await withWorker({ rules: RULES, simulator }, async (bed) => {
      const { id } = bed.simulator.createConversation({ participants: [agent()] });
      const entry = entryFor({ conversationId: id }, ['foreign']);
      await bed.receive(entry);
      const [found] = (await bed.processed(entry.id)).outcomes;
      expect(found).toMatchObject({ outcome: 'dead-lettered', reason: 'wrapup-code-unknown' });
      expect(found?.detail).toMatch(/Resolved, Follow-up needed, Escalated/);
      expect(callsOf(bed.simulator)).not.toContain('patch-wrapup 202');
    });
  });

  it('asks for no list of codes without validateCode', async () => {
    await withWorker({ rules: RULES, simulator }, async (bed) => {
      const { id } = bed.simulator.createConversation({ participants: [agent()] });
      const entry = entryFor({ conversationId: id }, ['unchecked']);
      await bed.receive(entry);
      await bed.processed(entry.id);
      expect(callsOf(bed.simulator)).toEqual(['get-conversation 200', 'patch-wrapup 202', 'get-conversation 200']);
    });
  });

  it('waits for after-call work, through two versions that change under it, and is applied once', async () => {
    const versioned = { concurrency: 'version', writeVisibilityMs: 0 } as const;
    await withWorker({ rules: RULES, simulator: versioned, attempts: 8 }, async (bed) => {
      const { id } = bed.simulator.createConversation({
        participants: [{ id: 'p-customer', purpose: 'customer' }, inAfterCallWork('unknown', { wrapupRequired: true })],
      });
      const entry = entryFor({ conversationId: id }, ['wrap-up']);
      await bed.receive(entry);
      await bed.waiting(entry.id);
      bed.simulator.clearJournal();
      for (let conflict = 0; conflict < 2; conflict++) bed.simulator.addFault({ call: 'patch-wrapup', conflict: true });
      await bed.simulator.advance(id, { step: 'begin-after-call-work' });
      expect((await bed.processed(entry.id)).outcomes).toMatchObject([{ outcome: 'applied', participantId: 'p-agent' }]);
      const calls = callsOf(bed.simulator);
      expect(calls.filter((call) => call === 'patch-wrapup 202')).toHaveLength(1);
      expect(calls.filter((call) => call === 'patch-wrapup 412')).toHaveLength(2);
    });
  });

  it('backs off while Genesys says that the state is not valid', async () => {
    const options = { rules: RULES, simulator: { ...simulator, wrapupNeedsAfterCallWork: true }, attempts: 20 };
    await withWorker(options, async (bed) => {
      const { id } = bed.simulator.createConversation({
        participants: [
          { purpose: 'customer' },
          agent({ wrapupRequired: true, calls: [{ afterCallWork: { state: 'unknown' } }] }),
        ],
      });
      const entry = entryFor({ conversationId: id }, ['wrap-up']);
      await bed.receive(entry);
      expect((await bed.waiting(entry.id)).because).toMatch(/valid state/);
      await bed.simulator.advance(id, { step: 'disconnect-agent' });
      expect((await bed.processed(entry.id)).outcomes).toMatchObject([{ outcome: 'applied', reason: 'written' }]);
    });
  });

  it('is a dead letter that says so when the conversation closes before after-call work begins', async () => {
    await withWorker({ rules: RULES, simulator }, async (bed) => {
      const { id } = bed.simulator.createConversation({ endTime: endedAt, participants: [inAfterCallWork('unknown')] });
      const entry = entryFor({ conversationId: id }, ['wrap-up']);
      await bed.receive(entry);
      const [found] = (await bed.processed(entry.id)).outcomes;
      expect(found).toMatchObject({ outcome: 'dead-lettered', reason: 'conversation-closed' });
      expect(found?.detail).toMatch(/conversation closed/);
    });
  });

  it('patches again a code that was lost silently, and gives up when it is lost twice', async () => {
    await withWorker({ rules: RULES, simulator }, async (bed) => {
      const once = bed.simulator.createConversation({ participants: [agent()] });
      const twice = bed.simulator.createConversation({ participants: [agent()] });
      bed.simulator.addFault({ call: 'patch-wrapup', lostWrite: true, conversationId: once.id });
      bed.simulator.addFault({ call: 'patch-wrapup', lostWrite: true, conversationId: twice.id, times: 2 });
      const entries = [entryFor({ conversationId: once.id }, ['wrap-up']), entryFor({ conversationId: twice.id }, ['wrap-up'])];
      await bed.receive(...entries);
      const reasons = await Promise.all(entries.map(async ({ id }) => (await bed.processed(id)).outcomes[0]?.reason));
      expect(reasons).toEqual(['written', 'not-persisted']);
    });
  });

  it('confirms attributes and wrap-up of a rule with one GET', async () => {
    await withWorker({ rules: RULES, simulator }, async (bed) => {
      const { id } = bed.simulator.createConversation({ participants: [agent()] });
      const entry = entryFor({ conversationId: id }, ['tag-and-wrap-up']);
      await bed.receive(entry);
      expect((await bed.processed(entry.id)).outcomes.map(({ outcome }) => outcome)).toEqual(['applied', 'applied']);
      expect(callsOf(bed.simulator).filter((call) => call.startsWith('get'))).toHaveLength(2);
    });
  });
});
