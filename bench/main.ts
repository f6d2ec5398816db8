/**
 * `npm run bench`: measures hookpatch side by side with the baseline, prints the table, and writes `bench/results.json`.
 * `--only NAME` (again for more) runs one scenario, `--all` every one; `--stories 1000000` says how many stories are searched.
 * Starts and stops everything itself, its own Redis included.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { CHECKOUT } from '../harness/checkout.ts';
import { startRedisChild } from '../harness/redis.ts';
import { startLoadGenerator } from './load/load-generator.ts';
import { describeMachine, formatMachine } from './machine.ts';
import { type Scope, withScope } from './process/scope.ts';
import { renderTable } from './render-table.ts';
import { type Row, ratioOf, verdictOf } from './row.ts';
import { backlog } from './scenarios/backlog.ts';
import { budget } from './scenarios/budget.ts';
import { drain } from './scenarios/drain.ts';
import { economyBurst, economySpread } from './scenarios/economy.ts';
import { economyProof } from './scenarios/economy-proof.ts';
import { endToEnd } from './scenarios/end-to-end.ts';
import { ingest } from './scenarios/ingest.ts';
import { ingestLatency } from './scenarios/ingest-latency.ts';
import { ingestTraced } from './scenarios/ingest-traced.ts';
import { memory } from './scenarios/memory.ts';
import { scale } from './scenarios/scale.ts';
import type { Bench, Scenario } from './scenarios/scenario.ts';
import { start } from './scenarios/start.ts';
import { stories } from './scenarios/stories.ts';
import { twoReceivers } from './scenarios/two-receivers.ts';
import { writeAge } from './scenarios/write-age.ts';
import { SECRET } from './targets/target.ts';

/** What has a goal against the baseline, or another program. */
const COMPARED = [ingest, twoReceivers, ingestLatency, economyBurst, economySpread, endToEnd, drain, memory, start, writeAge];
/** What compares hookpatch with itself, or takes minutes. */
const FURTHER = [ingestTraced, economyProof, backlog, scale, stories, budget];
const SCENARIOS = [...COMPARED, ...FURTHER];

const chosen = chooseScenarios();
const startedAt = performance.now();
await withScope(async (scope) => {
  const bench = await openBench(scope);
  const machine = await describeMachine(bench.client);
  const rows: Row[] = [];
  const seconds = () => Math.round((performance.now() - startedAt) / 1000);
  for (const scenario of chosen) {
    rows.push(...(await runScenario(scenario, bench)));
    // Each time, so that a run that is stopped leaves what it measured.
    await writeResults({ measuredAt: new Date().toISOString(), seconds: seconds(), machine, rows: rows.map(toResult) });
  }
  console.log(`\n${renderTable(rows)}\n\n${formatMachine(machine)}. ${seconds()} s in all.`);
});

function chooseScenarios(): readonly Scenario[] {
  const { values } = parseArgs({
    options: { only: { type: 'string', multiple: true }, all: { type: 'boolean' }, stories: { type: 'string' } },
  });
  if (values.only === undefined) return values.all ? SCENARIOS : COMPARED;
  const unknown = values.only.filter((name) => SCENARIOS.every((scenario) => scenario.name !== name));
  if (unknown.length === 0) return SCENARIOS.filter(({ name }) => values.only?.includes(name));
  console.error(`no scenario ${unknown.join(', ')}; there are: ${SCENARIOS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

/** A Redis of its own, because its CPU time and memory are measured and it is emptied between runs. */
async function openBench(scope: Scope): Promise<Bench> {
  const redis = await scope.add(startRedisChild({ settings: { 'auto-aof-rewrite-percentage': '0' } }));
  const client = new Redis(redis.url);
  await scope.add({ stop: async () => client.disconnect() });
  const load = await scope.add(startLoadGenerator(SECRET));
  return { redis, client, load };
}

async function runScenario(scenario: Scenario, bench: Bench): Promise<readonly Row[]> {
  const began = performance.now();
  process.stderr.write(`${scenario.name} ... `);
  const rows = await withScope((scope) => scenario.run(bench, scope));
  process.stderr.write(`${((performance.now() - began) / 1000).toFixed(1)} s\n`);
  return rows;
}

function toResult(row: Row) {
  return { ...row, goal: row.goal?.text ?? null, ratio: ratioOf(row), verdict: verdictOf(row) };
}

async function writeResults(results: unknown): Promise<void> {
  await writeFile(join(CHECKOUT, 'bench', 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
}
