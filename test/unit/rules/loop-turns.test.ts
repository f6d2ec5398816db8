import { setImmediate as nextIteration } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createLoopTurns } from '../../../src/rules/loop-turns.ts';

function hold(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/** Does the work for each of `holdsMs` in turn; returns how often the event loop went on before the last one began. */
async function iterationsAmong(holdsMs: readonly number[]): Promise<number> {
  const turns = createLoopTurns();
  let [iterations, done] = [0, false];
  let beforeLast = 0;
  const counting = (async () => {
    while (!done) {
      await nextIteration();
      iterations += 1;
    }
  })();
  for (const ms of holdsMs) {
    await turns.take(() => {
      beforeLast = iterations;
      hold(ms);
    });
  }
  done = true;
  await counting;
  return beforeLast;
}

it('lets the event loop go on after each long evaluation', async () => {
  expect(await iterationsAmong([21, 21, 21])).toBeGreaterThanOrEqual(2);
});

it('lets the event loop go on among short evaluations that are long together', async () => {
  expect(await iterationsAmong(Array(400).fill(0.2))).toBeGreaterThanOrEqual(3);
});

it('passes on what the work returns or throws', async () => {
  const turns = createLoopTurns();
  expect(await turns.take(() => 1)).toBe(1);
  const failing = turns.take(() => {
    throw new RangeError('no');
  });
  await expect(failing).rejects.toThrow(RangeError);
});
