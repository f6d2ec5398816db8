import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { ProcessSpec } from '../process/start-process.ts';

/** Signs every delivery of the benchmark. */
export const SECRET = 'a-secret-for-the-benchmark-only';

/** What the processes of a target are told. */
export interface Surroundings {
  readonly redisUrl: string;
  /** The simulator. Only workers need it. */
  readonly platformUrl: string;
  /** Requests a minute that a target which paces itself may send. */
  readonly ratePerMinute: number;
}

/** More than anything here can send: no pacing. */
export const UNPACED_PER_MINUTE = 1_000_000;

/** A whole service under test: one receiver process and one or more worker processes. */
export interface Target {
  readonly name: string;
  receiver(surroundings: Surroundings): ProcessSpec;
  worker(surroundings: Surroundings): ProcessSpec;
  /** Conversations or jobs that are not finished yet. */
  countUnfinished(redis: Redis): Promise<number>;
  /** Events that were given up. */
  countFailed(redis: Redis): Promise<number>;
  /** BullMQ's queue, to hold the workers back while a backlog is made. */
  readonly queue: { readonly name: string; readonly prefix: string };
}

/** Runs `work` on the target's queue. */
export async function withQueue<T>({ queue }: Target, redis: Redis, work: (queue: Queue) => Promise<T>): Promise<T> {
  const opened = new Queue(queue.name, { connection: redis, prefix: queue.prefix });
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}
