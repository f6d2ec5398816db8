import { createVirtualClock } from '../../harness/virtual-clock.ts';
import type { Lane } from '../../src/genesys/lane.ts';
import { createPacer, createSlot } from './create-pacer.ts';

export interface AgesOfWritesOptions {
  readonly ratePerMinute: number;
  /** Conversations in progress at once, each with more events than can be done. */
  readonly conversations: number;
  readonly laneOf: (call: 'fetch' | 'write' | 'confirm') => Lane;
}

const MODELLED_MS = 10 * 60_000;
/** The beginning, when the burst of an idle pacer is used up. */
const SETTLED_AFTER_MS = 60_000;
const LATENCY_MS = 150;

/**
 * Milliseconds from the permission to fetch to the permission to write, by the pacer on a virtual clock: a backlog in which
 * each conversation is fetched, written and read back, again and again.
 */
export async function agesOfWrites({ ratePerMinute, conversations, laneOf }: AgesOfWritesOptions): Promise<readonly number[]> {
  const clock = createVirtualClock();
  const pacer = createPacer(clock, [createSlot(ratePerMinute, clock)]);
  const startedAt = clock.now();
  const ages: number[] = [];
  const answer = () => new Promise<void>((resolve) => clock.setTimer(resolve, LATENCY_MS));

  async function work(): Promise<void> {
    for (;;) {
      await pacer.acquire({ lane: laneOf('fetch'), stage: 'get-conversation' });
      const fetchedAt = clock.now();
      await answer();
      await pacer.acquire({ lane: laneOf('write'), stage: 'patch-attributes' });
      if (clock.now() - startedAt > SETTLED_AFTER_MS) ages.push(clock.now() - fetchedAt);
      await answer();
      await pacer.acquire({ lane: laneOf('confirm'), stage: 'get-conversation' });
      await answer();
    }
  }

  for (let i = 0; i < conversations; i++) void work();
  await clock.advance(MODELLED_MS);
  return ages;
}
