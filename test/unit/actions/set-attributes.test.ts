import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SetAttributes } from '../../../src/actions/set-attributes/action.ts';
import { planAttributes } from '../../../src/actions/set-attributes/plan.ts';
import type { Step } from '../../../src/actions/step.ts';
import type { Conversation } from '../../../src/genesys/genesys-client.ts';

type Attributes = Readonly<Record<string, string | null>>;

function conversationWith(attributes: Readonly<Record<string, string>>): Conversation {
  return {
    startTime: '2026-01-01T00:00:00Z',
    participants: [
      { id: 'p-1', purpose: 'customer', attributes: { ...attributes } },
      { id: 'p-2', purpose: 'agent' },
    ],
  };
}

let steps = 0;
function stepFor(purpose: string, attributes: Attributes): Step<SetAttributes> {
  return {
    key: `rule/${++steps}`,
    rule: 'rule',
    action: 'setAttributes',
    entryId: `e-${steps}`,
    isShadow: false,
    readsConversation: () => false,
    gate: null,
    defaultSelector: { kind: 'agent', own: { participantId: null, communicationId: null, userId: null, address: null } },
    target: () => ({ purpose }),
    render: () => ({ type: 'setAttributes', attributes }),
  };
}

function holdAndRender(): SetAttributes {
  const until = performance.now() + 21;
  while (performance.now() < until);
  return { type: 'setAttributes', attributes: { a: '1' } };
}

describe('planAttributes', () => {
  it('merges all steps of a participant into one write with only what changes', async () => {
    const first = stepFor('customer', { a: '1', same: 'x' });
    const second = stepFor('customer', { b: '2' });
    const plan = await planAttributes(conversationWith({ same: 'x' }), [first, second]);
    expect(plan.changes).toHaveLength(1);
    expect(plan.changes[0]).toMatchObject({ participant: { id: 'p-1' }, changes: { a: '1', b: '2' } });
  });

  it('lets the later step win, and says so of the earlier one', async () => {
    const first = stepFor('customer', { a: '1' });
    const second = stepFor('customer', { a: '2' });
    const [write] = (await planAttributes(conversationWith({}), [first, second])).changes;
    expect(write?.changes).toEqual({ a: '2' });
    expect(write?.endings.get(first)).toMatchObject({ kind: 'applied', reason: 'superseded' });
    expect(write?.endings.get(second)).toMatchObject({ kind: 'applied', reason: 'written' });
  });

  it('lets the event loop go on between steps that are slow to render', async () => {
    let iterations = 0;
    const count = () => {
      iterations += 1;
      immediate = setImmediate(count);
    };
    let immediate = setImmediate(count);
    const slow = { ...stepFor('customer', { a: '1' }), render: holdAndRender };
    await planAttributes(conversationWith({}), [slow, slow, slow]);
    clearImmediate(immediate);
    expect(iterations).toBeGreaterThanOrEqual(2);
  });

  it('needs no write when the values are there, or there are none', async () => {
    const there = stepFor('customer', { a: '1' });
    const none = stepFor('agent', { a: null });
    const plan = await planAttributes(conversationWith({ a: '1' }), [there, none]);
    expect(plan.changes).toEqual([]);
    expect([there, none].map((step) => plan.endings.get(step)?.kind)).toEqual(['unchanged', 'unchanged']);
  });

  it('never puts a value into what it tells about a step', async () => {
    const step = stepFor('customer', { tier: 'secret-value' });
    const [write] = (await planAttributes(conversationWith({}), [step])).changes;
    expect(write?.endings.get(step)?.detail).toMatch(/tier/);
    expect(write?.endings.get(step)?.detail).not.toMatch(/secret-value/);
  });

  it('leaves the conversation as if each step had been applied in turn, for every sequence', async () => {
    const key = fc.constantFrom('a', 'b', '__proto__', 'constructor');
    const given = fc.dictionary(key, fc.string({ maxLength: 2 }), { noNullPrototype: false });
    await fc.assert(
      fc.asyncProperty(given, fc.array(given, { maxLength: 6 }), async (before, sequence) => {
        const all = sequence.map((attributes) => stepFor('customer', attributes));
        const plan = await planAttributes(conversationWith(before), all);
        const changes = plan.changes[0]?.changes ?? {};
        const inTurn = new Map(Object.entries(before));
        for (const attributes of sequence) for (const [name, value] of Object.entries(attributes)) inTurn.set(name, value);
        expect(new Map([...Object.entries(before), ...Object.entries(changes)])).toEqual(inTurn);
        const told = new Set([...plan.endings.keys(), ...plan.changes.flatMap(({ endings }) => [...endings.keys()])]);
        expect(told.size).toBe(all.length);
      }),
    );
  });
});
