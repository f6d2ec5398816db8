import { ExpiringMap } from '../../domain/expiring-map.ts';
import type { GenesysClient } from '../../genesys/genesys-client.ts';

/** Caches which queues exist, for five minutes. A missing queue is requested again, because it may be new. */
export interface KnownQueues {
  exists(client: GenesysClient, queueId: string): Promise<boolean>;
  /** The id of the queue of this name; `null` when there is none. */
  find(client: GenesysClient, name: string): Promise<string | null>;
}

const REMEMBERED = { limit: 1000, ttlMs: 5 * 60_000 };

export function createKnownQueues(now: () => number = Date.now): KnownQueues {
  const seen = new ExpiringMap<string, true>({ ...REMEMBERED, now });
  const ids = new ExpiringMap<string, string>({ ...REMEMBERED, now });
  return {
    async exists(client, queueId) {
      if (seen.get(queueId) === true) return true;
      if (!(await client.queueExists(queueId))) return false;
      seen.set(queueId, true);
      return true;
    },
    async find(client, name) {
      const key = name.toLowerCase();
      const known = ids.get(key);
      if (known !== undefined) return known;
      const queueId = await client.findQueue(name);
      if (queueId === null) return null;
      ids.set(key, queueId);
      seen.set(queueId, true);
      return queueId;
    },
  };
}
