import type { ConversationView } from './conversation-view.ts';
import type { AcceptedWrite } from './write.ts';

/**
 * Reads accepted writes back; what is not there within 10 s is sent once more and read back again.
 * One GET serves all of them. Answers those that Genesys did not persist.
 */
export async function confirmWrites(view: ConversationView, writes: readonly AcceptedWrite[]): Promise<readonly AcceptedWrite[]> {
  const missing = await readBack(
    view,
    writes.filter((write) => !write.echoed),
  );
  if (missing.length === 0) return [];
  for (const write of missing) await write.repeat();
  return readBack(view, missing);
}

async function readBack(view: ConversationView, writes: readonly AcceptedWrite[]): Promise<readonly AcceptedWrite[]> {
  if (writes.length === 0) return [];
  let missing = writes;
  await view.readBackUntil((conversation) => {
    missing = missing.filter((write) => !write.isVisible(conversation));
    return missing.length === 0;
  });
  return missing;
}
