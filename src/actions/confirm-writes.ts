import type { ConversationView } from './conversation-view.ts';
import type { AcceptedWrite } from './write.ts';

/**
 * Reads accepted writes back until all are there, for up to 10 s; one GET serves all of them. What Genesys's answer showed
 * already needs no GET. `shown` is told of each as soon as it is there; answers those that are not.
 */
export async function readBackWrites(
  view: ConversationView,
  writes: readonly AcceptedWrite[],
  shown: (write: AcceptedWrite) => void = () => {},
): Promise<readonly AcceptedWrite[]> {
  let missing: readonly AcceptedWrite[] = writes;
  const keepMissing = (isShown: (write: AcceptedWrite) => boolean) => {
    for (const write of missing.filter(isShown)) shown(write);
    missing = missing.filter((write) => !isShown(write));
    return missing.length === 0;
  };
  if (keepMissing((write) => write.echoed)) return [];
  await view.readBackUntil((conversation) => keepMissing((write) => write.isVisible(conversation)));
  return missing;
}

/** Confirms one write, which is sent once more when it is not there within 10 s. False: Genesys did not persist it. */
export async function confirmWrite(view: ConversationView, write: AcceptedWrite): Promise<boolean> {
  if ((await readBackWrites(view, [write])).length === 0) return true;
  await write.repeat();
  return (await readBackWrites(view, [write])).length === 0;
}
