import type { Redis } from 'ioredis';
import type { RedisChild } from '../../harness/redis-child.ts';
import type { LoadGenerator } from '../load/load-generator.ts';
import type { Scope } from '../process/scope.ts';
import type { Row } from '../row.ts';

/** What every scenario runs with. */
export interface Bench {
  readonly redis: RedisChild;
  /** To `redis`, for looking and for clearing. */
  readonly client: Redis;
  readonly load: LoadGenerator;
}

/** Measures some rows of the table. */
export interface Scenario {
  readonly name: string;
  /** What `scope` holds is stopped when the scenario ends. */
  run(bench: Bench, scope: Scope): Promise<readonly Row[]>;
}

export const CONNECTIONS = 64;

/**
 * Runs each contestant once in every round, in turn. Each round begins with the next of them, because the first and the last of a
 * round have the machine in another state than those in the middle: that alone was up to a sixth. Answers the samples of each, by
 * round.
 */
export async function alternate<Name extends string, Sample>(
  rounds: number,
  contestants: Readonly<Record<Name, (round: number) => Promise<Sample>>>,
): Promise<Record<Name, Sample[]>> {
  const names = Object.keys(contestants) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Sample[]>;
  for (let round = 0; round < rounds; round++) {
    const first = round % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) samples[name].push(await contestants[name](round));
  }
  return samples;
}
