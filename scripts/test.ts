/**
 * `npm test [-- PROJECT...]`: every check and every test, one after the other; the last line is `N passed, N failed`. The projects
 * that take minutes, or programs that few machines have, run where they are named: `npm test -- monitoring container`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { findChromium } from '../harness/find-chromium.ts';
import { findProgram } from '../harness/find-program.ts';
import {
  failedTests,
  formatTally,
  silentProjects,
  sumTallies,
  type Tally,
  tallyCheck,
  tallyVitest,
  type VitestReport,
} from './test-tally.ts';

interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly tally: (exitCode: number) => Tally;
}

const root = join(import.meta.dirname, '..');
/** Tests with a program that is not of this repository: run where it is found, and named in the summary where it is not. */
const OPTIONAL = [
  { project: 'browser', found: findChromium(), missing: 'the browser test (no Chromium found; apt-get install chromium)' },
  {
    project: 'prometheus',
    found: findProgram(['promtool']),
    missing: 'the alerts (no promtool found; apt-get install prometheus)',
  },
  { project: 'helm', found: findProgram(['helm']), missing: 'the Helm chart (no helm found)' },
];
/** Tests of other projects that lack a program: they skip themselves. */
const LACKING = [
  {
    found: findProgram(['openssl']),
    missing: 'TLS to Redis and to proxies (no openssl found to make certificates; apt-get install openssl)',
  },
];
const LONG = process.argv.slice(2);
/** As in vitest.config.ts; a folder of tests that is lost must not look like success. */
const PROJECTS = [
  ...['unit', 'integration', 'contract', 'e2e', 'redis'],
  ...OPTIONAL.filter(({ found }) => found !== null).map(({ project }) => project),
];
const scratch = mkdtempSync(join(tmpdir(), 'hookpatch-test-'));

const steps: readonly Step[] = [
  { name: 'types', command: 'tsc', args: ['--noEmit'], tally: tallyCheck },
  { name: 'lint', command: 'biome', args: ['check', '.'], tally: tallyCheck },
  { name: 'unused code', command: 'knip', args: [], tally: tallyCheck },
  { name: 'generated files', command: process.execPath, args: ['scripts/generate.ts', '--check'], tally: tallyCheck },
  vitestStep('tests', PROJECTS),
  // By itself, because it loads every core.
  vitestStep('chaos', ['chaos']),
  ...LONG.map((project) => vitestStep(project, [project])),
];

/** Three workers for the two cores of a small CI machine, because many tests wait for Redis and child processes. */
function vitestStep(name: string, projects: readonly string[]): Step {
  const reportFile = join(scratch, `${name}.json`);
  const selected = projects.map((project) => `--project=${project === 'unit' ? 'unit*' : project}`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
  return {
    name,
    command: 'vitest',
    args: ['run', ...selected, '--maxWorkers=3', ...reporters],
    tally: (exitCode) => tallyTests(reportFile, projects, exitCode),
  };
}

let running: ChildProcess | null = null;
/** Repeated in the summary, because what vitest prints of them is thousands of lines above. */
const failures: string[] = [];

function tallyTests(reportFile: string, projects: readonly string[], exitCode: number): Tally {
  const report = readReport(reportFile);
  const silent = report === null ? [] : silentProjects(report, projects);
  if (silent.length > 0) failures.push(`no test ran of: ${silent.join(', ')}`);
  if (report !== null) failures.push(...failedTests(report));
  return tallyVitest(report, exitCode, projects);
}

function readReport(reportFile: string): VitestReport | null {
  try {
    return JSON.parse(readFileSync(reportFile, 'utf8')) as VitestReport;
  } catch {
    return null; // vitest crashed before it could write it
  }
}

/** Each step leads a process group, so that stopping it reaches whatever it has started. */
async function run({ command, args }: Step): Promise<number> {
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', detached: true, env: { ...process.env, PATH: path } });
  running = child;
  try {
    const [code] = await once(child, 'exit');
    return code ?? 1;
  } catch (error) {
    console.error(`${command}: ${(error as Error).message}`);
    return 1;
  } finally {
    running = null;
  }
}

function stopOn(signal: NodeJS.Signals, exitCode: number): void {
  process.once(signal, () => {
    if (running?.pid !== undefined) process.kill(-running.pid, 'SIGTERM');
    rmSync(scratch, { recursive: true, force: true });
    process.exit(exitCode);
  });
}

async function main(): Promise<void> {
  stopOn('SIGINT', 130);
  stopOn('SIGTERM', 143);
  const results: { name: string; tally: Tally; seconds: string }[] = [];
  for (const step of steps) {
    console.log(`\n== ${step.name}`);
    const startedAt = performance.now();
    const tally = step.tally(await run(step));
    results.push({ name: step.name, tally, seconds: ((performance.now() - startedAt) / 1000).toFixed(1) });
  }
  rmSync(scratch, { recursive: true, force: true });
  const total = sumTallies(results.map(({ tally }) => tally));
  console.log('');
  for (const { name, tally, seconds } of results) {
    console.log(`${tally.failed === 0 ? 'ok  ' : 'FAIL'}  ${name.padEnd(16)} ${formatTally(tally)} (${seconds} s)`);
  }
  for (const failure of failures) console.log(`failed: ${failure.replace(`${root}/`, '')}`);
  for (const { found, missing } of [...OPTIONAL, ...LACKING]) if (found === null) console.log(`not run: ${missing}`);
  if (!LONG.includes('monitoring')) console.log('not run: alerts in incidents, traces in Jaeger (npm run test:monitoring)');
  if (!LONG.includes('container')) console.log('not run: the images and Compose files (npm run test:container)');
  console.log('not run: more set-ups and versions of Redis (npm run test:redis)');
  process.exitCode = total.failed === 0 ? 0 : 1;
  console.log(formatTally(total));
}

await main();
