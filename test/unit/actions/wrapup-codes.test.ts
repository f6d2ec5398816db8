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
    resolve: (code: string, codes = createWrapupCodes(), rendered: readonly string[] = []) =>
      codes.resolve({ client, conversationId: 'c-1' }, agent, { code, rendered }),
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

  it('are cut to 200 characters where a detail names them, and so is the list of those that are allowed', async () => {
    const { resolve } = platform(...Array.from({ length: 60 }, (_, index) => `${index}`.padEnd(1_000, 'x')));
    const failed = await resolve('y'.repeat(5_000)).then(String, String);
    const names = /allowed: (.*) and 10 more$/.exec(failed)?.[1]?.split(', ') ?? [];
    expect(names).toHaveLength(50);
    for (const name of names) expect(name).toHaveLength(200);
    expect(failed).toContain(`the wrap-up code ${'y'.repeat(199)}… is not allowed here`);
  });

  it('are not named where an expression rendered them', async () => {
    const failed = await platform('Resolved').resolve('value-of-an-event', createWrapupCodes(), ['code']).then(String, String);
    expect(failed).toContain('the wrap-up code that the rule rendered is not allowed here; allowed: Resolved');
    expect(failed).not.toContain('value-of-an-event');
  });
});
