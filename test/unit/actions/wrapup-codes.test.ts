import { describe, expect, it } from 'vitest';
import { createWrapupCodes } from '../../../src/actions/apply-wrapup/wrapup-codes.ts';
import type { GenesysClient } from '../../../src/genesys/genesys-client.ts';

const agent = { id: 'p-1', queueId: 'q-1' };

/** A client whose queue allows `allowed`; `asked` counts. */
function platform(...names: readonly string[]) {
  const state = { allowed: names.map(toCode), asked: 0 };
  const client = {
    listWrapupCodes: async () => {
      state.asked += 1;
      return state.allowed;
    },
  } as Partial<GenesysClient> as GenesysClient;
  return {
    state,
    resolve: (code: string, codes = createWrapupCodes()) => codes.resolve({ client, conversationId: 'c-1' }, agent, code),
  };
}

function toCode(name: string) {
  return { id: `id-${name}`, name };
}

describe('wrap-up codes', () => {
  it('are found by id or name, and remembered by queue', async () => {
    const { state, resolve } = platform('Resolved', 'Refund');
    const codes = createWrapupCodes();
    expect(await resolve('id-Refund', codes)).toBe('id-Refund');
    expect(await resolve('resolved', codes)).toBe('id-Resolved');
    expect(state.asked).toBe(1);
  });

  it('are asked for again when one is not among those remembered', async () => {
    const { state, resolve } = platform('Resolved');
    const codes = createWrapupCodes();
    await resolve('Resolved', codes);
    state.allowed = ['Resolved', 'New'].map(toCode);
    expect(await resolve('New', codes)).toBe('id-New');
    expect(state.asked).toBe(2);
    expect(await resolve('id-New', codes)).toBe('id-New');
    expect(state.asked).toBe(2);
  });

  it('are asked for once when none was remembered, and a code that is not among them is refused', async () => {
    const { state, resolve } = platform('Resolved');
    await expect(resolve('Unknown')).rejects.toMatchObject({ reason: 'wrapup-code-unknown', participantId: 'p-1' });
    expect(state.asked).toBe(1);
  });
});
