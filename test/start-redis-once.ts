import type { TestProject } from 'vitest/node';
import { startRedis } from '../harness/redis.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A real Redis that all tests of the run share; use a prefix of your own (`withUniquePrefix`), never flush it. */
    redisUrl: string;
  }
}

/** One Redis for the whole run. */
export default async function startRedisOnce(project: TestProject): Promise<() => Promise<void>> {
  const redis = await startRedis();
  project.provide('redisUrl', redis.url);
  return () => redis.stop();
}
