import { describe, expect, test } from 'vitest';
import { ConversationStore } from '../../../simulator/conversation-store.ts';
import { seedConversation } from '../../../simulator/seed-conversation.ts';
import { mergeAttributes } from '../../../simulator/state-machine.ts';

function storeWithOne(existsAt = 0) {
  const store = new ConversationStore({ withVersionField: true });
  store.create(seedConversation({ id: 'call-1', participants: [{ id: 'customer-1' }] }, 0), { existsAt, writeVisibilityMs: 0 });
  const write = (name: string, now: number, visibleAt: number) =>
    store.mutate('call-1', (current) => mergeAttributes(current, 'customer-1', { [name]: 'x' }), now, visibleAt);
  const seen = (now: number) => {
    const { version, participants } = JSON.parse(store.fetch('call-1', now).json);
    return { version, names: Object.keys(participants[0].attributes) };
  };
  return { store, write, seen };
}

describe('what a GET shows', () => {
  test('a write is seen when its time has come, and not before', () => {
    const { store, write, seen } = storeWithOne();
    write('a', 100, 150);
    expect(seen(149)).toEqual({ version: 1, names: [] });
    expect(seen(150)).toEqual({ version: 2, names: ['a'] });
    expect(store.find('call-1')?.participants[0]?.attributes).toEqual({ a: 'x' });
  });

  test('writes become visible in their order, also one that would be visible at once', () => {
    const { write, seen } = storeWithOne();
    write('slow', 100, 200);
    write('quick', 110, 110);
    expect(seen(199)).toEqual({ version: 1, names: [] });
    expect(seen(200)).toEqual({ version: 3, names: ['slow', 'quick'] });
  });

  test('a change that throws changes nothing', () => {
    const { store, seen } = storeWithOne();
    expect(() => store.mutate('call-1', (current) => mergeAttributes(current, 'nobody', {}), 0)).toThrow('no participant');
    expect(seen(1000)).toEqual({ version: 1, names: [] });
  });

  test('a conversation does not exist before its time', () => {
    const { store, seen } = storeWithOne(500);
    expect(() => store.fetch('call-1', 499)).toThrow('was not found');
    expect(seen(500).version).toBe(1);
  });
});
