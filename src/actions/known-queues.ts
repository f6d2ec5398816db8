import type { GenesysClient } from '../genesys/genesys-client.ts';

/** Whether a queue exists, remembered for five minutes; an absent one is asked for again, it may just have been made. */
export interface KnownQueues {
  exists(client: GenesysClient, queueId: string): Promise<boolean>;
}

const REMEMBERED_MS = 5 * 60_000;
const REMEMBERED_QUEUES = 1000;

export function createKnownQueues(now: () => number = Date.now): KnownQueues {
  const seenUntil = new Map<string, number>();
  return {
    async exists(client, queueId) {
      if ((seenUntil.get(queueId) ?? 0) > now()) return true;
      if (!(await client.queueExists(queueId))) return false;
      if (seenUntil.size >= REMEMBERED_QUEUES) seenUntil.clear();
      seenUntil.set(queueId, now() + REMEMBERED_MS);
      return true;
    },
  };
}
