import type { ConversationEvent } from '../../domain/conversation-event.ts';
import type { LiveConversation } from '../live-conversation.ts';
import type { OwnWrites } from '../own-writes.ts';
import type { Ending, Step } from '../step.ts';
import type { Write } from '../write.ts';

export interface WrapupChange {
  readonly participantId: string;
  readonly code: string;
  readonly notes: string | null;
  readonly endings: ReadonlyMap<Step, Ending>;
}

/** The name of the code among what our own writes and events report. */
const REPORTED_AS = 'wrapup code';
const TOPIC = /\.(?:wrapup|acw)$/;

/** A write is reported in two forms, `.wrapup` and `.acw`. */
export function reportedWrapup({ topic, body }: ConversationEvent): Readonly<Record<string, unknown>> | null {
  return TOPIC.test(topic) && typeof body.wrapupCode === 'string' ? { [REPORTED_AS]: body.wrapupCode } : null;
}

/** One PATCH with nothing but `wrapup`. */
export function wrapupWrite(change: WrapupChange, live: LiveConversation, ownWrites: OwnWrites): Write {
  const { participantId, code, notes, endings } = change;
  const wrapup = notes === null ? { code } : { code, notes };
  return {
    participantId,
    endings,
    what: 'wrap-up code',
    send: async () => {
      const changes = { [REPORTED_AS]: code };
      await ownWrites.remember(live.conversationId, await live.current(), { participantId, changes, before: {} });
      await live.write((version) => live.client.patchWrapup(live.conversationId, participantId, wrapup, { version }));
      return false;
    },
    isVisible: ({ participants }) => participants.some(({ id, wrapup: set }) => id === participantId && set?.code === code),
  };
}
