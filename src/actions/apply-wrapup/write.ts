import type { ConversationEvent } from '../../domain/conversation-event.ts';
import type { WrapupInput } from '../../genesys/genesys-client.ts';
import type { LiveConversation } from '../live-conversation.ts';
import type { OwnWrites } from '../own-writes.ts';
import type { Ending, Step } from '../step.ts';
import type { Write } from '../write.ts';
import { type CommunicationPlace, codesAt, type WrapupPlace } from './place.ts';

export interface WrapupChange {
  readonly place: WrapupPlace;
  /** The communication whose own call takes the code; `null`: the participant's call takes it. */
  readonly communication: CommunicationPlace | null;
  readonly wrapup: WrapupInput;
  readonly endings: ReadonlyMap<Step, Ending>;
}

/** The name of the code among what our own writes and events report. */
export const REPORTED_AS = 'wrapup code';
const TOPIC = /\.(?:wrapup|acw)$/;

/** A write is reported in two forms, `.wrapup` and `.acw`. */
export function reportedWrapup({ topic, body }: ConversationEvent): Readonly<Record<string, unknown>> | null {
  return TOPIC.test(topic) && typeof body.wrapupCode === 'string' ? { [REPORTED_AS]: body.wrapupCode } : null;
}

/** One call with nothing but the wrap-up. It counts wherever Genesys shows it: on the participant or on the communication. */
export function wrapupWrite(change: WrapupChange, live: LiveConversation, ownWrites: OwnWrites): Write {
  const { place, wrapup, endings } = change;
  const participantId = place.participant.id;
  return {
    participantId,
    endings,
    // An event does not name the communication that has the code.
    ...(place.communicationId === null && { proof: { [REPORTED_AS]: wrapup.code } }),
    what: 'wrap-up code',
    send: async () => {
      const changes = { [REPORTED_AS]: wrapup.code };
      const write = { participantId, changes, before: {} };
      const { stored } = await ownWrites.remember(live.conversationId, await live.current(), write);
      await post(change, live);
      await stored;
      return false;
    },
    isVisible: ({ participants }) =>
      participants.some(
        (participant) =>
          participant.id === participantId &&
          codesAt({ ...place, participant: { ...participant, id: participantId } }).some(({ code }) => code === wrapup.code),
      ),
  };
}

/** Falls back to the participant's call where Genesys does not know the communication's own call. */
async function post(
  { place, communication, wrapup }: WrapupChange,
  { client, conversationId, write }: LiveConversation,
): Promise<void> {
  const { id } = place.participant;
  if (communication !== null) {
    const posted = await write((version) =>
      client.postCommunicationWrapup(conversationId, id, communication, wrapup, { version }),
    );
    if (posted) return;
  }
  await write((version) => client.patchWrapup(conversationId, id, wrapup, { version }));
}
