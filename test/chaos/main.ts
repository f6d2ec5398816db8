/** `npm run test:chaos -- [--minutes 10] [--seed N]` */
import { parseArgs } from 'node:util';
import { formatReport } from './format-report.ts';
import { runChaos } from './run-chaos.ts';

const EVENTS_PER_SECOND = 200;
const KILLS_PER_MINUTE = 12;

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
if (!(minutes > 0) || !Number.isSafeInteger(seed)) throw new Error('--minutes is a positive number, --seed a whole number');

console.log(`seed ${seed}; the same plan again: npm run test:chaos -- --minutes ${minutes} --seed ${seed}`);
console.log(`${minutes} minutes of faults, and then the time that it takes to drain ...`);
const report = await runChaos({
  seed,
  events: Math.ceil(minutes * 60 * EVENTS_PER_SECOND),
  eventsPerSecond: EVENTS_PER_SECOND,
  disruptedMs: minutes * 60_000,
  kills: Math.ceil(minutes * KILLS_PER_MINUTE),
});
console.log(formatReport(report, seed));
process.exitCode = report.failures.length === 0 ? 0 : 1;
