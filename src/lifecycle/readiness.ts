import type { Readiness } from '../receiver/dependencies.ts';

export interface ReadinessOptions {
  /** Whether a delivery could be stored. */
  readonly canStore: () => Promise<boolean>;
  /** `null` when the role has no worker. */
  readonly worker: { hasToken(): boolean; isFetching(): boolean; pausedUntil(): number | null } | null;
  /** `null` when the process fetches no events itself. */
  readonly source: { hasToken(): boolean } | null;
  readonly isShuttingDown: () => boolean;
}

/**
 * Whether the process should get traffic: Redis accepts writes, the process is not shutting down, and a worker takes jobs and has
 * its token.
 */
export async function checkReadiness({ canStore, worker, source, isShuttingDown }: ReadinessOptions): Promise<Readiness> {
  const caller = worker ?? source;
  const checks = {
    redis: await canStore(),
    running: !isShuttingDown(),
    ...(worker === null ? {} : { fetching: worker.isFetching() }),
    ...(caller === null ? {} : { genesysToken: caller.hasToken() }),
  };
  const pausedUntil = worker?.pausedUntil() ?? null;
  return { ready: Object.values(checks).every(Boolean), checks, pausedUntil };
}
