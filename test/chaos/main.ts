/** `npm run test:chaos -- [--cluster] [--minutes 10] [--seed N]`, or `npm run test:chaos -- --rollout [--steps 60] [--seed N]` */
import { parseArgs } from 'node:util';
import { startRedis } from '../../harness/redis.ts';
import { uniquePrefix } from '../../harness/unique-prefix.ts';
import { formatReport } from './format-report.ts';
import { RULE_NAMES } from './rollout/plan-rollout.ts';
import { formatRollout, runRollout } from './rollout/run-rollout.ts';
import { runChaos } from './run-chaos.ts';

const EVENTS_PER_SECOND = 200;
const KILLS_PER_MINUTE = 12;
const EVENTS_PER_UPDATE = 50;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string' },
    cluster: { type: 'boolean', default: false },
    rollout: { type: 'boolean', default: false },
    steps: { type: 'string', default: '60' },
  },
});
const [minutes, steps] = [Number(values.minutes), Number(values.steps)];
const seed = Number(values.seed ?? Date.now() % 1_000_000);
if (!(minutes > 0) || !(steps > 0) || !Number.isSafeInteger(steps) || !Number.isSafeInteger(seed)) {
  throw new Error('--minutes is a positive number, --steps a positive whole number, --seed a whole number');
}
const failures = values.rollout ? await rollOut() : await breakEverything();
process.exitCode = failures.length === 0 ? 0 : 1;

async function breakEverything(): Promise<readonly string[]> {
  const form = values.cluster ? ' --cluster' : '';
  console.log(`seed ${seed}; the same plan again: npm run test:chaos --${form} --minutes ${minutes} --seed ${seed}`);
  console.log(`${minutes} minutes of faults, and then the time that it takes to drain ...`);
  const report = await runChaos({
    seed,
    events: Math.ceil(minutes * 60 * EVENTS_PER_SECOND),
    eventsPerSecond: EVENTS_PER_SECOND,
    disruptedMs: minutes * 60_000,
    kills: Math.ceil(minutes * KILLS_PER_MINUTE),
    redis: values.cluster ? 'cluster' : 'single',
  });
  console.log(formatReport(report, seed));
  return report.failures;
}

/** One rule is missing in the end, and the grace is short: so some events become dead letters, and none is skipped. */
async function rollOut(): Promise<readonly string[]> {
  console.log(`seed ${seed}; the same plan again: npm run test:chaos -- --rollout --steps ${steps} --seed ${seed}`);
  const redis = await startRedis();
  try {
    const target = { redisUrl: redis.url, prefix: uniquePrefix(), eventsPerUpdate: EVENTS_PER_UPDATE };
    const lastRules = RULE_NAMES.slice(1);
    const report = await runRollout({ seed, steps, restarts: 0.3, lastRules, graceSeconds: 20, ...target });
    console.log(formatRollout(report, seed));
    return report.failures;
  } finally {
    await redis.stop();
  }
}
