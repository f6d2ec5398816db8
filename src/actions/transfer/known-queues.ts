import { ExpiringMap } from '../../domain/expiring-map.ts';
import type { GenesysClient } from '../../genesys/genesys-client.ts';

/** Whether a queue exists, remembered for five minutes; an absent one is asked for again, it may just have been made. */
export interface KnownQueues {
  exists(client: GenesysClient, queueId: string): Promise<boolean>;
}

const REMEMBERED_MS = 5 * 60_000;
const REMEMBERED_QUEUES = 1000;

export function createKnownQueues(now: () => number = Date.now): KnownQueues {
  const seen = new ExpiringMap<string, true>({ limit: REMEMBERED_QUEUES, ttlMs: REMEMBERED_MS, now });
  return {
    async exists(client, queueId) {
      if (seen.get(queueId) === true) return true;
      if (!(await client.queueExists(queueId))) return false;
      seen.set(queueId, true);
      return true;
    },
  };
}
