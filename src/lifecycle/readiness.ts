import type { Readiness } from '../receiver/dependencies.ts';
import type { RedisConnection } from '../redis/connection.ts';

export interface ReadinessOptions {
  /** Of the purpose `producer`, which answers or fails within a second. */
  readonly redis: RedisConnection;
  /** `null` when the role has no worker. */
  readonly hasToken: (() => boolean) | null;
  readonly isShuttingDown: () => boolean;
}

/** Whether the process should be sent traffic: Redis answers, it is not shutting down, and a worker has its token. */
export async function checkReadiness({ redis, hasToken, isShuttingDown }: ReadinessOptions): Promise<Readiness> {
  const checks = {
    redis: await answers(redis),
    running: !isShuttingDown(),
    ...(hasToken === null ? {} : { genesysToken: hasToken() }),
  };
  return { ready: Object.values(checks).every(Boolean), checks };
}

async function answers(redis: RedisConnection): Promise<boolean> {
  return redis.ping().then(
    () => true,
    () => false,
  );
}
