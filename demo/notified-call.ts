import { waitUntil } from '../harness/wait-until.ts';
import type { Stage } from './stage.ts';

/** A queue of its own, so that the other calls come in by deliveries only. */
export const NOTIFIED_QUEUE = { id: '5c1e6a40-98b7-4c3e-8f5d-0d3b7a1c2e0a', name: 'Notified', wrapupCodes: [] };

/** What `demo/rules.yaml` writes when an agent has answered. */
const ATTRIBUTE = 'answeredBy';

/**
 * A call that nobody delivers: hookpatch hears of it over the notification service, sees in its snapshots that the agent answered, and
 * writes. Returns whether it did.
 */
export async function playNotifiedCall({ simulator }: Stage): Promise<boolean> {
  const listens = () => simulator.notificationChannels().some(({ connected }) => connected);
  const userId = '7a1c2b3d-4e5f-4a6b-9c7d-8e9f0a1b2c99';
  const customer = (id: string) => simulator.conversation(id)?.participants[0];
  try {
    await waitUntil(listens, { what: 'a notification channel' });
    const { conversationId } = await simulator.placeCall({ kind: 'in-progress', queueId: NOTIFIED_QUEUE.id, userId });
    await waitUntil(() => customer(conversationId)?.attributes[ATTRIBUTE] === userId, { what: `the attribute ${ATTRIBUTE}` });
    console.log(`hookpatch.conversation.{id}.agent.connected, derived from snapshots: attribute ${ATTRIBUTE} written`);
    return true;
  } catch (error) {
    console.log((error as Error).message);
    return false;
  }
}
