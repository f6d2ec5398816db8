/** `npm run test:fuzz [-- --inputs N] [--seed N] [--only TARGET] [--first N]`: tries inputs on the parsers that strangers reach. */
import { parseArgs } from 'node:util';
import type { TargetReport } from './fuzz-job.ts';
import { FuzzFinding, runFuzz } from './run-fuzz.ts';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    only: { type: 'string' },
    first: { type: 'string', default: '0' },
  },
});

function numberOf(name: 'inputs' | 'seed' | 'first'): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`--${name} takes a whole number`);
  process.exit(2);
}

function formatReport({ target, inputs, taken, seconds, slowestMs, slowestInput, heapMb }: TargetReport): string {
  const cells = [
    inputs,
    taken,
    inputs - taken,
    Math.round(inputs / seconds),
    `${slowestMs.toFixed(1)} (#${slowestInput})`,
    heapMb.toFixed(0),
  ];
  return target.padEnd(12) + cells.map((cell) => String(cell).padStart(16)).join('');
}

const seed = numberOf('seed');
console.log(`seed ${seed}`);
try {
  const reports = await runFuzz({ inputs: numberOf('inputs'), seed, only: values.only ?? null, first: numberOf('first') });
  const titles = ['inputs', 'taken', 'refused', 'inputs/s', 'slowest ms', 'heap MB'];
  console.log(['target'.padEnd(12), ...titles.map((title) => title.padStart(16))].join(''));
  for (const report of reports) console.log(formatReport(report));
  const inputs = reports.reduce((sum, report) => sum + report.inputs, 0);
  const seconds = reports.reduce((sum, report) => sum + report.seconds, 0);
  console.log(`${inputs} inputs in ${seconds.toFixed(0)} s (${Math.round(inputs / seconds)} inputs/s): no bug found`);
} catch (error) {
  if (!(error instanceof FuzzFinding)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
