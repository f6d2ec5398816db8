import { expect, inject, it } from 'vitest';
import { removeKeys, uniquePrefix } from '../../../harness/unique-prefix.ts';
import { RULE_NAMES } from './plan-rollout.ts';
import { formatRollout, runRollout } from './run-rollout.ts';

/** `CHAOS_SEED` plays a run again. */
const SEED = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000);

/** Each rule comes back, and within the grace: so everything that was accepted is applied. */
it('nothing that was accepted is skipped while rules are added and removed in every order', { timeout: 180_000 }, async () => {
  const [redisUrl, prefix] = [inject('redisUrl'), uniquePrefix()];
  try {
    const options = { seed: SEED, steps: 10, restarts: 0, eventsPerUpdate: 16, lastRules: RULE_NAMES, graceSeconds: 900 };
    const report = await runRollout({ ...options, redisUrl, prefix });
    const text = formatRollout(report, SEED);
    console.log(text);
    expect(report.failures, text).toEqual([]);
    expect(report.applied, text).toBe(report.accepted);
    // A run in which every worker knew every rule would prove nothing.
    expect(Math.min(report.ignored, report.accepted, report.gaveBack), text).toBeGreaterThan(0);
  } finally {
    await removeKeys(redisUrl, prefix);
  }
});
