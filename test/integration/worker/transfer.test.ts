import { describe, expect, it } from 'vitest';
import { QUEUES, WRAPUP_CODES } from '../../../simulator/queue-directory.ts';
import type { ParticipantSeed } from '../../../simulator/seed-conversation.ts';
import { callsOf, commandFor, entryFor, type WorkerBed, withWorker } from './with-worker.ts';

const { support, escalations } = QUEUES;
const RULES = `
rules:
  - name: escalate
    when: { topic: "**" }
    actions:
      - setAttributes: { escalated: "true" }
      - transfer: { queueId: ${escalations.id} }
  - name: wrap-up-and-escalate
    when: { topic: "**" }
    actions:
      - transfer: { queueId: ${escalations.id}, wrapupCode: Escalated }
  - name: to-user
    when: { topic: "**" }
    actions:
      - transfer: { userId: u-2 }
  - name: to-user-of-event
    when: { topic: "**" }
    actions:
      - transfer: { userId: "\${event.userId}" }
  - name: to-queue-of-event
    when: { topic: "**" }
    actions:
      - transfer: { queueId: "\${event.queueId}" }
  - name: outside
    when: { topic: "**" }
    actions:
      - transfer: { address: "+1 317 555 0199" }
  - name: nowhere
    when: { topic: "**" }
    actions:
      - transfer: { queueId: no-such-queue }
`;
const simulator = { writeVisibilityMs: 0 };
const CUSTOMER: ParticipantSeed = { id: 'p-customer', purpose: 'customer' };
const AGENT: ParticipantSeed = { id: 'p-agent', purpose: 'agent', userId: 'u-1', queueId: support.id };

function transfersIn({ simulator: from }: WorkerBed) {
  return from.executedWrites().filter(({ write }) => write.kind === 'transfer');
}

async function outcomesOf(bed: WorkerBed, conversationId: string, rule: string) {
  const entry = entryFor({ conversationId, participantId: 'p-customer' }, [rule]);
  await bed.receive(entry);
  return (await bed.processed(entry.id)).outcomes;
}

describe('transfer', () => {
  it('is sent when the attributes before it are confirmed, and confirmed itself', async () => {
    await withWorker({ rules: RULES, simulator }, async (bed) => {
      const { id } = bed.simulator.createConversation({ participants: [CUSTOMER, AGENT] });
      expect(await outcomesOf(bed, id, 'escalate')).toMatchObject([
        { action: 'setAttributes', outcome: 'applied', participantId: 'p-customer' },
        { action: 'transfer', outcome: 'applied', participantId: 'p-agent' },
      ]);
      expect(callsOf(bed.simulator)).toEqual([
        'get-conversation 200',
        'patch-attributes 202',
        'get-conversation 200',
        'get-queue 200',
        'replace-participant 202',
        'get-conversation 200',
      ]);
      expect(bed.simulator.conversation(id)?.participants.at(-1)).toMatchObject({ purpose: 'acd', queueId: escalations.id });
    });
  });

  it('sets a wrap-up code on the agent first', async () => {
    await withWorker({ rules: RULES, simulator }, async (bed) => {
      const { id } = bed.simulator.createConversation({ participants: [CUSTOMER, AGENT] });
      expect((await outcomesOf(bed, id, 'wrap-up-and-escalate'))[0]?.outcome).toBe('applied');
      expect(bed.simulator.conversation(id)?.participants[1]?.wrapup?.code).toBe(WRAPUP_CODES.escalated.id);
      expect(bed.simulator.executedWrites().map(({ write }) => write.kind)).toEqual(['wrapup', 'transfer']);
    });
  });

  it.each(['to-user', 'outside'])('goes %s', async (rule) => {
    await withWorker({ rules: RULES, simulator }, async (bed) => {
      const { id } = bed.simulator.createConversation({ participants: [CUSTOMER, AGENT] });
      expect((await outcomesOf(bed, id, rule))[0]?.outcome).toBe('applied');
      expect(transfersIn(bed)).toHaveLength(1);
    });
  });

  it.each(['to-user-of-event', 'to-queue-of-event'])('%s shows no value of the event in its details', async (rule) => {
    await withWorker({ rules: RULES, simulator }, async (bed) => {
      const { id } = bed.simulator.createConversation({ participants: [CUSTOMER, AGENT] });
      const sent = { conversationId: id, participantId: 'p-customer', userId: 'u-2', queueId: escalations.id };
      for (const outcome of ['applied', 'unchanged']) {
        const entry = entryFor(sent, [rule]);
        await bed.receive(entry);
        const [found] = (await bed.processed(entry.id)).outcomes;
        expect(found?.outcome).toBe(outcome);
        expect(found?.detail).toMatch(/(user|queue) that the rule rendered/);
      }
    });
  });

  it.each([
    ['to a queue that does not exist', 'nowhere', [CUSTOMER, AGENT], {}, 'dead-lettered', 'queue-not-found'],
    [
      'of an ended conversation',
      'escalate',
      [CUSTOMER, AGENT],
      { endTime: '2026-01-01T00:00:00Z' },
      'skipped',
      'conversation-ended',
    ],
    [
      'of a caller who waits there',
      'escalate',
      [CUSTOMER, { purpose: 'acd', queueId: escalations.id }],
      {},
      'unchanged',
      'already-there',
    ],
    [
      'of a caller who talks to an agent of it',
      'escalate',
      [CUSTOMER, { ...AGENT, queueId: escalations.id }],
      {},
      'unchanged',
      'already-there',
    ],
    ['to the user who has the call', 'to-user', [CUSTOMER, { ...AGENT, userId: 'u-2' }], {}, 'unchanged', 'already-there'],
    ['without a connected agent', 'to-user', [CUSTOMER], {}, 'dead-lettered', 'participant-not-found'],
  ])('sends nothing %s, and says why', async (_name, rule, participants, fields, outcome, reason) => {
    await withWorker({ rules: RULES, simulator }, async (bed) => {
      const { id } = bed.simulator.createConversation({ ...fields, participants });
      expect((await outcomesOf(bed, id, rule)).at(-1)).toMatchObject({ action: 'transfer', outcome, reason });
      expect(bed.simulator.journal().filter(({ call }) => call === 'replace-participant')).toEqual([]);
    });
  });

  it('is not done when an attribute before it could not be set', async () => {
    await withWorker({ rules: RULES, simulator }, async (bed) => {
      const { id } = bed.simulator.createConversation({ participants: [CUSTOMER, AGENT] });
      bed.simulator.addFault({ call: 'patch-attributes', status: 400 });
      expect(await outcomesOf(bed, id, 'escalate')).toMatchObject([
        { outcome: 'dead-lettered' },
        { outcome: 'skipped', reason: 'earlier-action-failed' },
      ]);
      expect(transfersIn(bed)).toEqual([]);
    });
  });

  it.each([
    ['the connection drops after it was executed', { dropConnection: 'after' }],
    ['the answer is a 500 though it was executed', { status: 500, execute: true }],
    ['no answer comes though it was executed', { hang: 'after' }],
  ] as const)('is seen to have happened when %s', async (_name, fault) => {
    await withWorker({ rules: RULES, simulator, genesys: { timeoutMs: 300 } }, async (bed) => {
      const { id } = bed.simulator.createConversation({ participants: [CUSTOMER, AGENT] });
      bed.simulator.addFault({ call: 'replace-participant', ...fault });
      expect((await outcomesOf(bed, id, 'escalate')).at(-1)).toMatchObject({ outcome: 'applied', participantId: 'p-agent' });
      expect(transfersIn(bed)).toHaveLength(1);
      expect(bed.simulator.journal().filter(({ call }) => call === 'replace-participant')).toHaveLength(1);
    });
  });

  it.each([
    ['the connection drops before it was executed', { dropConnection: 'before' }],
    ['a 503 that executed nothing', { status: 503 }],
    ['a conflict', { status: 409 }],
  ] as const)('is sent again after %s', async (_name, fault) => {
    await withWorker({ rules: RULES, simulator }, async (bed) => {
      const { id } = bed.simulator.createConversation({ participants: [CUSTOMER, AGENT] });
      bed.simulator.addFault({ call: 'replace-participant', ...fault });
      expect((await outcomesOf(bed, id, 'escalate')).at(-1)?.outcome).toBe('applied');
      expect(transfersIn(bed)).toHaveLength(1);
    });
  });

  it('is not sent again when it was accepted and is not seen: a dead letter says so', async () => {
    await withWorker({ rules: RULES, simulator }, async (bed) => {
      const { id } = bed.simulator.createConversation({ participants: [CUSTOMER, AGENT] });
      bed.simulator.addFault({ call: 'replace-participant', lostWrite: true });
      expect((await outcomesOf(bed, id, 'escalate')).at(-1)).toMatchObject({
        outcome: 'dead-lettered',
        reason: 'transfer-unconfirmed',
      });
      expect(bed.simulator.journal().filter(({ call }) => call === 'replace-participant')).toHaveLength(1);
    });
  });

  it('happens once for each of 200 calls under random faults', async () => {
    const options = { rules: RULES, simulator: { ...simulator, seed: 7 }, attempts: 50 };
    await withWorker({ ...options, readBackDelaysMs: [5, 10, 20] }, async (bed) => {
      for (const fault of [
        { dropConnection: 'after' },
        { dropConnection: 'before' },
        { status: 500, execute: true },
        { status: 503 },
      ] as const) {
        bed.simulator.addFault({ call: 'replace-participant', probability: 0.25, ...fault });
      }
      bed.simulator.addFault({ call: 'get-conversation', probability: 0.05, status: 500 });
      const entries = Array.from({ length: 200 }, () => {
        const { id } = bed.simulator.createConversation({ participants: [CUSTOMER, AGENT] });
        return commandFor(id, null, [{ type: 'transfer', queueId: escalations.id, transferType: 'Unattended' }]);
      });
      await bed.receive(...entries);
      const lines = await Promise.all(entries.map(({ id }) => bed.processed(id)));
      expect(new Set(lines.map(({ outcomes }) => outcomes[0]?.outcome))).toEqual(new Set(['applied']));
      const byConversation = Map.groupBy(transfersIn(bed), ({ conversationId }) => conversationId);
      expect(byConversation.size).toBe(200);
      expect([...byConversation.values()].every((writes) => writes.length === 1)).toBe(true);
    });
  });
});
