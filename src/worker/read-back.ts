import type { LiveConversation } from '../actions/live-conversation.ts';
import type { Conversation } from '../genesys/genesys-client.ts';
import { GenesysError } from '../genesys/genesys-error.ts';
import type { ConversationView } from './conversation-view.ts';

/**
 * Pauses before each read-back of a write, 10 s in all. Reported delays between write and visibility range from 200 ms to over 10
 * s. The first read also collects what arrived meanwhile.
 */
export const READ_BACK_DELAYS_MS: readonly number[] = [100, 200, 400, 800, 1500, 3000, 4000];

export interface ReadingBack {
  readonly readBackDelaysMs: readonly number[];
  /** @throws AbortError */
  rest(pauseMs: number): Promise<void>;
}

/** The view of the conversation for kinds of action, including reading it back at the runner's pace. */
export function liveConversation(view: ConversationView, reading: ReadingBack): LiveConversation {
  return {
    conversationId: view.conversationId,
    client: view.client,
    current: () => view.current(),
    write: (send) => view.write(send),
    readBackUntil: (holds) => readBackUntil(view, holds, reading),
  };
}

async function readBackUntil(
  view: ConversationView,
  holds: (conversation: Conversation) => boolean,
  { readBackDelaysMs, rest }: ReadingBack,
): Promise<boolean> {
  let failure: unknown = null;
  for (const pauseMs of readBackDelaysMs) {
    await rest(pauseMs);
    try {
      const { conversation } = await view.refresh();
      failure = null;
      if (holds(conversation)) return true;
    } catch (error) {
      if (!isPassing(error)) throw error;
      failure = error;
    }
  }
  if (failure !== null) throw failure;
  return false;
}

/** A failure that may well not occur in the next read-back. */
function isPassing(error: unknown): boolean {
  return error instanceof GenesysError && (error.class === 'ambiguous' || error.class === 'no-token');
}
