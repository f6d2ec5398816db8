import type { Conversation } from '../genesys/genesys-client.ts';
import type { LiveConversation } from './live-conversation.ts';
import type { Ending, Step } from './step.ts';

/** A write that was planned. It counts only once the conversation shows it. */
export interface Write {
  readonly participantId: string;
  /** The steps that depend on it, each with its outcome once the write is seen. */
  readonly endings: ReadonlyMap<Step, Ending>;
  /** What is written, in words without values: `attributes a, b`. */
  readonly what: string;
  /**
   * `true`: the write is known to be there already, for example because the response shows it. Called again for a write that was
   * lost.
   */
  send(): Promise<boolean>;
  isVisible(conversation: Conversation): boolean;
  /**
   * What is written, by name, if an event can prove it: each name has this value on the participant. Without this the write is read
   * back at once.
   */
  readonly proof?: Readonly<Record<string, string>>;
  /**
   * For a write that must not be sent twice: why its steps fail if the conversation does not show it. Without this the write is
   * sent once more.
   */
  failure?(conversation: Conversation): Error | Promise<Error>;
}

/** Sends a write and waits until it is seen; sends it once more if it is not. `false`: Genesys did not persist it. */
export async function sendAndConfirm(write: Write, live: LiveConversation): Promise<boolean> {
  const attempt = async () => (await write.send()) || (await live.readBackUntil((conversation) => write.isVisible(conversation)));
  return (await attempt()) || (await attempt());
}
