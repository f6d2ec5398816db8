import { expect, it } from 'vitest';
import { entryFor, withWorker } from './with-worker.ts';

const RULES = `
rules:
  - name: on-attributes
    when: { topic: "v2.detail.events.conversation.*.attributes" }
    target: { purpose: customer }
    actions:
      - setAttributes: { lastTrace: "\${trace.traceId}" }
`;
const topic = 'v2.detail.events.conversation.{id}.attributes';

it('ignores the event of its own write, whichever attributes it shows, and not the one of somebody else', async () => {
  await withWorker({ rules: RULES, simulator: { writeVisibilityMs: 0 } }, async ({ simulator, receive, processed }) => {
    const { id: conversationId } = simulator.createConversation({
      participants: [{ id: 'p-customer', purpose: 'customer', attributes: { tier: 'gold' } }],
    });
    const eventWith = (attributes: Readonly<Record<string, string>>) =>
      entryFor({ conversationId, topic, participantId: 'p-transient', body: { attributes } }, ['on-attributes']);
    const reasonOf = async (entry: ReturnType<typeof eventWith>) => {
      await receive(entry);
      return (await processed(entry.id)).outcomes[0]?.reason;
    };
    expect(await reasonOf(eventWith({ tier: 'gold' }))).toBe('written');
    const lastTrace = simulator.conversation(conversationId)?.participants[0]?.attributes.lastTrace ?? '';
    expect(await reasonOf(eventWith({ lastTrace }))).toBe('own-write');
    expect(await reasonOf(eventWith({ tier: 'gold', lastTrace }))).toBe('own-write');
    expect(await reasonOf(eventWith({ tier: 'platinum', lastTrace }))).toBe('written');
    expect(simulator.executedWrites()).toHaveLength(2);
  });
});
