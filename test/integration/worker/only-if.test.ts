import { describe, expect, it } from 'vitest';
import { QUEUES } from '../../../simulator/queue-directory.ts';
import { callsOf, entryFor, withWorker } from './with-worker.ts';

const { escalations } = QUEUES;
const VIP = `conversation.participants.exists(p, p.purpose == "customer" && p.attributes.?vip.orValue("") == "true")`;
const RULES = `
rules:
  - name: escalate-vip
    when: { topic: "**" }
    onlyIf: ${VIP} && !has(participant.attributes.escalated)
    target: { participantId: "\${event.participantId}" }
    actions:
      - setAttributes: { escalated: "yes" }
      - transfer: { queueId: ${escalations.id} }
  - name: missing-key
    when: { topic: "**" }
    onlyIf: participant.attributes.nothing == "x"
    actions: [{ setAttributes: { k: v } }]
  - name: shadow
    mode: shadow
    when: { topic: "**" }
    target: { purpose: customer }
    actions: [{ setAttributes: { k: v, tier: gold } }, { applyWrapup: { code: Resolved } }]
  - name: shadow-nobody
    mode: shadow
    when: { topic: "**" }
    target: { purpose: nobody }
    actions: [{ setAttributes: { k: v } }]
  - name: shadow-skipped
    mode: shadow
    when: { topic: "**" }
    onlyIf: event.mediaType == "NEVER"
    actions: [{ setAttributes: { k: v } }]
  - name: live
    when: { topic: "**" }
    target: { purpose: customer }
    actions: [{ setAttributes: { live: "yes" } }]
`;
const simulator = { writeVisibilityMs: 0 };
const customer = (attributes: Record<string, string> = {}) => ({ id: 'p-customer', purpose: 'customer', attributes });
const agent = { id: 'p-agent', purpose: 'agent', userId: 'u-1' };
const waiting = { id: 'p-acd', purpose: 'acd' };

describe('onlyIf', () => {
  it.each([
    ['waiting', waiting],
    ['connected to an agent', agent],
  ])('lets one rule move a VIP who is %s, judged once for all actions of the rule', async (_where, replaced) => {
    await withWorker({ rules: RULES, simulator }, async (bed) => {
      const { id } = bed.simulator.createConversation({ participants: [customer({ vip: 'true' }), replaced] });
      const entry = entryFor({ conversationId: id, participantId: replaced.id }, ['escalate-vip']);
      await bed.receive(entry);
      expect((await bed.processed(entry.id)).outcomes).toMatchObject([
        { action: 'setAttributes', outcome: 'applied', participantId: replaced.id },
        { action: 'transfer', outcome: 'applied', participantId: replaced.id },
      ]);
    });
  });

  it('skips the actions where it is false, with one GET and no dead letter', async () => {
    await withWorker({ rules: RULES, simulator }, async (bed) => {
      const { id } = bed.simulator.createConversation({ participants: [customer({ vip: 'false' }), waiting] });
      const entry = entryFor({ conversationId: id, participantId: 'p-acd' }, ['escalate-vip', 'missing-key']);
      await bed.receive(entry);
      const skipped = { outcome: 'skipped', reason: 'condition-false' };
      expect((await bed.processed(entry.id)).outcomes).toMatchObject([
        { ...skipped, rule: 'escalate-vip', action: 'setAttributes', detail: 'onlyIf is false' },
        { ...skipped, rule: 'escalate-vip', action: 'transfer' },
        {
          ...skipped,
          rule: 'missing-key',
          detail: 'onlyIf cannot be evaluated and counts as false: there is no "nothing"',
        },
      ]);
      expect(callsOf(bed.simulator)).toEqual(['get-conversation 200']);
    });
  });

  it('has an empty participant where the target finds none', async () => {
    await withWorker({ rules: RULES, simulator }, async (bed) => {
      const { id } = bed.simulator.createConversation({ participants: [customer()] });
      const entry = entryFor({ conversationId: id, participantId: 'gone' }, ['escalate-vip']);
      await bed.receive(entry);
      expect((await bed.processed(entry.id)).outcomes.map(({ reason }) => reason)).toEqual([
        'condition-false',
        'condition-false',
      ]);
    });
  });
});

describe('mode: shadow', () => {
  it('writes nothing, says what would have been done, and makes no dead letter', async () => {
    await withWorker({ rules: RULES, simulator }, async (bed) => {
      const { id } = bed.simulator.createConversation({ participants: [customer({ tier: 'gold' }), agent] });
      const entry = entryFor({ conversationId: id, participantId: 'p-customer' }, [
        'shadow',
        'shadow-nobody',
        'live',
        'shadow-skipped',
      ]);
      await bed.receive(entry);
      const { outcomes } = await bed.processed(entry.id);
      expect(outcomes.map(({ rule, action, outcome, reason }) => [rule, action, outcome, reason]).toSorted()).toEqual([
        ['live', 'setAttributes', 'applied', 'written'],
        ['shadow', 'applyWrapup', 'shadowed', 'not-an-agent'],
        ['shadow', 'setAttributes', 'shadowed', 'written'],
        ['shadow-nobody', 'setAttributes', 'shadowed', 'participant-not-found'],
        ['shadow-skipped', 'setAttributes', 'shadowed', 'condition-false'],
      ]);
      expect(outcomes.find(({ rule, action }) => rule === 'shadow' && action === 'setAttributes')?.detail).toBe(
        'would have been applied: attributes k written',
      );
      expect(bed.simulator.conversation(id)?.participants[0]?.attributes).toEqual({ tier: 'gold', live: 'yes' });
      expect(bed.simulator.executedWrites()).toHaveLength(1);
    });
  });
});
