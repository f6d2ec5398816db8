import { describe, expect, it } from 'vitest';
import { callsOf, entryFor, withWorker } from './with-worker.ts';

const RULES = `
rules:
  - name: tag
    when: { topic: "v2.detail.events.conversation.*.customer.start" }
    actions:
      - setAttributes: { traceId: "\${trace.traceId}", tier: platinum }
  - name: count
    when: { topic: "**" }
    target: { purpose: customer }
    actions:
      - setAttributes: { "k-\${event.body.n}": "\${event.body.n}", last: "\${event.body.n}" }
  - name: customer
    when: { topic: "**", maxAge: 15m }
    target: { purpose: customer }
    actions:
      - setAttributes: { tier: platinum }
  - name: agent
    when: { topic: "**" }
    target: { purpose: agent }
    actions:
      - setAttributes: { seen: "yes" }
  - name: broken
    when: { topic: "**" }
    target: { purpose: customer }
    actions:
      - setAttributes: { tier: "\${event.body.missing.key}" }
`;

const CUSTOMER = { id: 'p-customer', purpose: 'customer', address: 'tel:+13175550100', calls: [{ id: 'c-customer' }] };
const ended = { endTime: '2026-01-01T00:00:00.000Z' };

describe('setAttributes', () => {
  it('patches the participant that the session names when the participant id is unknown to the API', async () => {
    await withWorker({ rules: RULES }, async ({ simulator, receive, processed }) => {
      const { id } = simulator.createConversation({ participants: [CUSTOMER, { id: 'p-acd', purpose: 'acd' }] });
      const entry = entryFor({ conversationId: id, participantId: 'transient', communicationId: 'c-customer' }, ['tag']);
      await receive(entry);
      const line = await processed(entry.id);
      expect(line.outcomes).toMatchObject([{ outcome: 'applied', reason: 'written', participantId: 'p-customer' }]);
      const traceId = entry.traceparent.split('-')[1];
      expect(simulator.conversation(id)?.participants[0]?.attributes).toEqual({ traceId, tier: 'platinum' });
      expect(simulator.conversation(id)?.participants[1]?.attributes).toEqual({});
    });
  });

  it.each([
    ['user', { userId: 'u-1' }],
    ['address', { address: '+1 (317) 555-0100' }],
  ])('falls back to the %s', async (_name, event) => {
    await withWorker({ rules: RULES }, async ({ simulator, receive, processed }) => {
      const { id } = simulator.createConversation({
        participants: [
          { id: 'p-other', purpose: 'acd', address: 'tel:+15005550000' },
          { ...CUSTOMER, userId: 'u-1' },
        ],
      });
      const entry = entryFor({ conversationId: id, participantId: 'transient', communicationId: 'gone', ...event }, ['tag']);
      await receive(entry);
      expect((await processed(entry.id)).outcomes).toMatchObject([{ outcome: 'applied', participantId: 'p-customer' }]);
    });
  });

  it('sends nothing when the values are there', async () => {
    await withWorker({ rules: RULES }, async ({ simulator, receive, processed }) => {
      const { id } = simulator.createConversation({ participants: [{ ...CUSTOMER, attributes: { tier: 'platinum' } }] });
      const entry = entryFor({ conversationId: id }, ['customer']);
      await receive(entry);
      expect((await processed(entry.id)).outcomes).toMatchObject([{ outcome: 'unchanged', reason: 'already-set' }]);
      expect(callsOf(simulator)).toEqual(['get-conversation 200']);
    });
  });

  it('merges ten events that come at once: two GETs for planning at most, one PATCH, one confirmation', async () => {
    await withWorker(
      { rules: RULES, simulator: { latencyMs: 40, writeVisibilityMs: 0 } },
      async ({ simulator, receive, processed }) => {
        const { id } = simulator.createConversation({ participants: [CUSTOMER] });
        const entries = Array.from({ length: 10 }, (_, n) => entryFor({ conversationId: id, body: { n } }, ['count']));
        await Promise.all(entries.map((entry) => receive(entry)));
        await Promise.all(entries.map((entry) => processed(entry.id)));
        expect(simulator.conversation(id)?.participants[0]?.attributes).toMatchObject({ 'k-0': '0', 'k-9': '9', last: '9' });
        const calls = callsOf(simulator);
        expect(calls.filter((call) => call.startsWith('patch'))).toHaveLength(1);
        expect(calls.filter((call) => call.startsWith('get')).length).toBeLessThanOrEqual(3);
      },
    );
  });

  it('skips a conversation that is complete and an event that is too old, and no participant that has left', async () => {
    await withWorker({ rules: RULES }, async ({ simulator, receive, processed }) => {
      const open = simulator.createConversation({ participants: [{ ...CUSTOMER, ...ended }] });
      const afterCallWork = { state: 'pending' } as const;
      const agent = { purpose: 'agent', ...ended, calls: [{ state: 'disconnected', afterCallWork }] } as const;
      const working = simulator.createConversation({ ...ended, participants: [{ ...CUSTOMER, ...ended }, agent] });
      const closed = simulator.createConversation({ ...ended, participants: [CUSTOMER] });
      const entries = [
        entryFor({ conversationId: open.id }, ['customer']),
        entryFor({ conversationId: working.id }, ['customer']),
        entryFor({ conversationId: closed.id }, ['customer']),
        entryFor({ conversationId: 'never-asked-for', occurredAt: new Date(Date.now() - 16 * 60_000).toISOString() }, [
          'customer',
        ]),
      ];
      await receive(...entries);
      const reasons = await Promise.all(entries.map(async (entry) => (await processed(entry.id)).outcomes[0]?.reason));
      expect(reasons).toEqual(['written', 'written', 'conversation-ended', 'too-old']);
      expect(callsOf(simulator).filter((call) => call.startsWith('patch'))).toHaveLength(2);
    });
  });

  it('dead-letters an expression that fails, names rule and reason, and goes on with the other rules of the event', async () => {
    await withWorker({ rules: RULES }, async ({ simulator, receive, processed, deadLetters }) => {
      const { id } = simulator.createConversation({ participants: [CUSTOMER] });
      const entry = entryFor({ conversationId: id }, ['broken', 'customer']);
      await receive(entry);
      const { outcomes } = await processed(entry.id);
      expect(outcomes).toMatchObject([
        { outcome: 'dead-lettered', reason: 'expression-failed', rule: 'broken' },
        { outcome: 'applied', rule: 'customer' },
      ]);
      const [letter] = await deadLetters();
      expect(letter?.letter).toMatchObject({ actionKey: 'broken/0', outcome: { reason: 'expression-failed' } });
    });
  });

  it('dead-letters a target that nobody has after fetching once more, and one that two have at once, listing them', async () => {
    await withWorker({ rules: RULES }, async ({ simulator, receive, processed }) => {
      const nobody = simulator.createConversation({ participants: [CUSTOMER] });
      const since = { connectedTime: '2026-01-01T00:00:00.000Z' };
      const two = simulator.createConversation({
        participants: [
          { id: 'p-a', purpose: 'agent', ...since },
          { id: 'p-b', purpose: 'agent', ...since },
        ],
      });
      const entries = [entryFor({ conversationId: nobody.id }, ['agent']), entryFor({ conversationId: two.id }, ['agent'])];
      await receive(...entries);
      const [missing, ambiguous] = await Promise.all(entries.map(async (entry) => (await processed(entry.id)).outcomes[0]));
      expect(missing).toMatchObject({ outcome: 'dead-lettered', reason: 'participant-not-found' });
      expect(ambiguous).toMatchObject({ outcome: 'dead-lettered', reason: 'participant-ambiguous' });
      expect(ambiguous?.detail).toContain('p-a');
      expect(ambiguous?.detail).toContain('p-b');
      expect(callsOf(simulator).filter((call) => call === 'get-conversation 200')).toHaveLength(3);
    });
  });

  it('sends the fetched version with each write, fetching again between two writes of its own', async () => {
    await withWorker(
      { rules: RULES, simulator: { concurrency: 'version', writeVisibilityMs: 0 } },
      async ({ simulator, receive, processed }) => {
        const { id } = simulator.createConversation({ participants: [CUSTOMER, { id: 'p-agent', purpose: 'agent' }] });
        const entry = entryFor({ conversationId: id }, ['customer', 'agent']);
        await receive(entry);
        expect((await processed(entry.id)).outcomes.map(({ outcome }) => outcome)).toEqual(['applied', 'applied']);
        const writes = simulator.journal().filter(({ call }) => call === 'patch-attributes');
        expect(writes.map(({ status }) => status)).toEqual([202, 202]);
        expect(writes.every(({ ifMatch }) => ifMatch !== null)).toBe(true);
      },
    );
  });
});
