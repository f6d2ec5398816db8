import { expect, test } from 'vitest';
import { ALL_TARGETS } from '../../fuzz/all-targets.ts';
import { runFuzz } from '../../fuzz/run-fuzz.ts';

/** The short form of `npm run test:fuzz`; always the same inputs, so that a failure is one of the last change. */
test('5,000 damaged inputs break no parser', { timeout: 60_000 }, async () => {
  const reports = await runFuzz({ inputs: 5_000, seed: 20_261_120 });
  expect(reports.map(({ target }) => target)).toEqual(ALL_TARGETS.map(({ name }) => name));
  expect(reports.reduce((sum, { inputs }) => sum + inputs, 0)).toBe(5_000);
  // Else the damage is so heavy, or so light, that nothing is tried.
  for (const { taken, inputs } of reports) {
    expect(taken).toBeGreaterThan(inputs / 100);
    expect(taken).toBeLessThan(inputs);
  }
});
