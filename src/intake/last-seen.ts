import type { Via } from '../domain/inbox-entry.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { createKeys } from '../redis/keys.ts';

/** Nobody needs a finer resolution. */
const NOTE_EVERY_MS = 10_000;

/** Notes when an event last came, for each source; `npm run doctor` shows it. A note that Redis refuses is dropped. */
export function createLastSeen({ redis, prefix }: { redis: RedisConnection; prefix: string }): (via: Via) => void {
  const { lastSeen } = createKeys(prefix);
  const noted: Partial<Record<Via, number>> = {};
  return (via) => {
    const now = Date.now();
    if (now - (noted[via] ?? 0) < NOTE_EVERY_MS) return;
    noted[via] = now;
    void redis.hset(lastSeen, via, now).catch(() => undefined);
  };
}
