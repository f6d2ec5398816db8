import { cpus, totalmem } from 'node:os';
import type { Redis } from 'ioredis';

/** What the figures were measured on. */
export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGigabytes: number;
  readonly node: string;
  readonly redis: string;
}

export async function describeMachine(redis: Redis): Promise<Machine> {
  const [processor] = cpus();
  return {
    cores: cpus().length,
    processor: processor?.model.trim() ?? 'unknown',
    memoryGigabytes: Math.round(totalmem() / 1e9),
    node: process.version,
    redis: /^(?:valkey|redis)_version:(\S+)/m.exec(await redis.info('server'))?.[1] ?? 'unknown',
  };
}

export function formatMachine({ cores, processor, memoryGigabytes, node, redis }: Machine): string {
  return `${cores} cores (${processor}), ${memoryGigabytes} GB, Node ${node}, Redis ${redis}; everything runs on these cores, the load generator and the simulator too`;
}
