import { describe, expect, it } from 'vitest';
import type { FetchedConversation, GenesysClient } from '../../../src/genesys/genesys-client.ts';
import { ConversationView } from '../../../src/worker/conversation-view.ts';

function viewOf(versions: readonly (string | null)[], signal = new AbortController().signal) {
  let fetches = 0;
  const getConversation = async (): Promise<FetchedConversation> => ({
    conversation: { startTime: '2026-01-01T00:00:00Z', participants: [] },
    version: versions[Math.min(fetches++, versions.length - 1)] ?? null,
    requestedAt: 1000,
  });
  const client = { getConversation } as unknown as GenesysClient;
  const view = new ConversationView({ conversationId: 'c', client, signal });
  return { view, fetches: () => fetches };
}

describe('a conversation view', () => {
  it('stops with an AbortError whatever the reason was given as', async () => {
    const stop = new AbortController();
    const { view, fetches } = viewOf([null], stop.signal);
    await view.refresh();
    stop.abort('shutting down');
    const writing = view.write(async () => 'sent');
    await expect(writing).rejects.toMatchObject({ name: 'AbortError' });
    await expect(view.refresh()).rejects.toMatchObject({ name: 'AbortError' });
    expect(fetches()).toBe(1);
  });

  it('fetches again between two writes of its own where there are versions, and only there', async () => {
    const versioned = viewOf(['1', '2']);
    const sent = [await versioned.view.write(async (v) => v), await versioned.view.write(async (v) => v)];
    expect(sent).toEqual(['1', '2']);
    const plain = viewOf([null]);
    await plain.view.write(async (v) => v);
    await plain.view.write(async (v) => v);
    expect(plain.fetches()).toBe(1);
  });

  it('is fresh for a second, and not after a write', async () => {
    const { view } = viewOf([null]);
    expect(view.isFresh(1000)).toBe(false);
    await view.refresh();
    expect([view.isFresh(2000), view.isFresh(2001)]).toEqual([true, false]);
    await view.write(async () => null);
    expect([view.isFresh(1000), view.isOutdated]).toEqual([false, true]);
  });
});
