import type { LiveConversation } from '../live-conversation.ts';
import type { OwnWrites } from '../own-writes.ts';
import type { Write } from '../write.ts';
import type { AttributesChange } from './plan.ts';

/** One PATCH. The record that it is our own leaves before it, so that the event it raises is recognised however early it comes. */
export function attributesWrite(change: AttributesChange, live: LiveConversation, ownWrites: OwnWrites): Write {
  const { participant, changes, endings } = change;
  return {
    participantId: participant.id,
    endings,
    proof: changes,
    what: `attributes ${Object.keys(changes).join(', ')}`,
    send: async () => {
      const before = participant.attributes ?? {};
      const write = { participantId: participant.id, changes, before };
      const { stored } = await ownWrites.remember(live.conversationId, await live.current(), write);
      const echo = await live.write((version) =>
        live.client.patchAttributes(live.conversationId, participant.id, changes, { version }),
      );
      await stored;
      return echo !== null && holds(echo, changes);
    },
    isVisible: ({ participants }) =>
      participants.some(({ id, attributes }) => id === participant.id && holds(attributes ?? {}, changes)),
  };
}

function holds(attributes: Readonly<Record<string, string>>, changes: Readonly<Record<string, string>>): boolean {
  return Object.entries(changes).every(([key, value]) => Object.hasOwn(attributes, key) && attributes[key] === value);
}
