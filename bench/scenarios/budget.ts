import { MINT_GAP_MS } from '../../src/genesys/token-pool.ts';
import { createModelTime, type ModelTime, startBudgetProcess } from '../model/budget-processes.ts';
import { createLimitedGenesys, type ModelledGenesys, type ModelledLimit } from '../model/limited-genesys.ts';
import { atLeast, below, type Goal, type Row } from '../row.ts';
import type { Bench, Scenario } from './scenario.ts';
import { transfersBehindBacklog } from './transfer-behind-backlog.ts';

const LATENCY_MS = 150;
const MINUTE_MS = 60_000;
const ofToken = (): ModelledLimit => ({ requestsPerMinute: 300, keyOf: ({ token }) => token });
const ofAll = (requestsPerMinute: number): ModelledLimit => ({ requestsPerMinute, keyOf: () => 'all' });

interface Model {
  readonly time: ModelTime;
  readonly genesys: ModelledGenesys;
  /** Since the model began. */
  readonly elapsedMs: () => number;
}

interface ModelOptions {
  readonly limits: readonly ModelledLimit[];
  /** Tokens of each process. */
  readonly tokens: readonly number[];
  readonly organizationRatePerMinute?: number;
  readonly applicationRatePerMinute?: number;
}

let models = 0;

/** Processes with the real pacing, the real Redis of the benchmark, a modelled Genesys and a virtual clock. */
function startModel({ client }: Bench, options: ModelOptions): Model {
  const time = createModelTime();
  const startedAt = time.clock.monotonicMs();
  const genesys = createLimitedGenesys(time.clock, LATENCY_MS, options.limits);
  const prefix = `{budget-${++models}}`;
  for (const tokens of options.tokens) {
    startBudgetProcess({
      time,
      redis: client,
      prefix,
      genesys,
      tokens,
      ratePerMinute: 300,
      organizationRatePerMinute: options.organizationRatePerMinute ?? null,
      applicationRatePerMinute: options.applicationRatePerMinute ?? null,
      mintGapMs: MINT_GAP_MS,
    });
  }
  return { time, genesys, elapsedMs: () => time.clock.monotonicMs() - startedAt };
}

function countBetween(times: readonly number[], from: number, to: number): number {
  return times.filter((at) => at >= from && at < to).length;
}

function row(metric: string, ours: number, goal: Goal | null): Row {
  return { scenario: 'budget', metric, ours: [ours], reference: null, goal };
}

/** Ten tokens of one client in four processes, and the limit that Genesys reports for the client. */
async function tenTokens(bench: Bench): Promise<readonly Row[]> {
  const limits = [ofToken(), ofAll(3_000)];
  const { time, genesys } = startModel(bench, { limits, tokens: [3, 3, 2, 2], applicationRatePerMinute: 3_000 });
  const begun = time.clock.monotonicMs();
  await time.clock.advance(4 * MINUTE_MS);
  const used = countBetween(genesys.passed, begun + MINUTE_MS, begun + 4 * MINUTE_MS) / 3;
  return [
    row('requests/min of 3,000, 10 tokens, 4 processes', used, atLeast(2_700, 'a minute')),
    row('429s in 4 min, 10 tokens, 4 processes', genesys.refused.length, below(1, '')),
  ];
}

/**
 * Tokens that share one limit of 300, which nobody says. Requests that are under way when it is met are refused as well: more
 * of ten tokens that begin in four processes at once, because each process adds its tokens on its own.
 */
async function sharedLimit(
  bench: Bench,
  tokens: readonly number[],
  name: string,
  refusals: Goal | null,
): Promise<readonly Row[]> {
  const { time, genesys } = startModel(bench, { limits: [ofToken(), ofAll(300)], tokens });
  const begun = time.clock.monotonicMs();
  await time.clock.advance(5 * MINUTE_MS);
  const used = countBetween(genesys.passed, begun + 2 * MINUTE_MS, begun + 5 * MINUTE_MS) / 3;
  return [
    row(`requests/min of 300 that ${name} share`, used, atLeast(270, 'a minute')),
    row(`429s in 5 min, ${name} share 300`, genesys.refused.length, refusals),
  ];
}

/** The organisation's limit is halved for a minute. */
async function halvedLimit(bench: Bench): Promise<readonly Row[]> {
  const ofOrganization = ofAll(1_200);
  const options = { limits: [ofToken(), ofOrganization], tokens: [3, 3, 2, 2], organizationRatePerMinute: 1_200 };
  const { time, genesys } = startModel(bench, options);
  await time.clock.advance(2 * MINUTE_MS);
  ofOrganization.requestsPerMinute = 600;
  await time.clock.advance(MINUTE_MS);
  ofOrganization.requestsPerMinute = 1_200;
  const restored = time.clock.monotonicMs();
  await time.clock.advance(2 * MINUTE_MS);
  return [
    row("429s, organisation's limit halved for 60 s", genesys.refused.length, below(60, '')),
    row('s until 90% is used again', secondsUntil(genesys.passed, restored, 0.9 * 1_200), below(30, 's')),
  ];
}

/** Until a window of ten seconds was used at this rate. */
function secondsUntil(passed: readonly number[], from: number, ratePerMinute: number): number {
  for (let second = 0; second < 110; second += 1) {
    const start = from + second * 1000;
    if (countBetween(passed, start, start + 10_000) * 6 >= ratePerMinute) return second;
  }
  return Number.POSITIVE_INFINITY;
}

/** What the limits of Genesys leave to use, and how often they are met. */
export const budget: Scenario = {
  name: 'budget',
  run: async (bench, scope) => [
    ...(await tenTokens(bench)),
    ...(await sharedLimit(bench, [10], '10 tokens of one process', below(6, ''))),
    ...(await sharedLimit(bench, [3, 3, 2, 2], '10 tokens of 4 processes', null)),
    ...(await halvedLimit(bench)),
    {
      scenario: 'budget',
      metric: 'ms until a transfer behind 10,000 attribute events leaves',
      ours: await transfersBehindBacklog(bench, scope),
      reference: null,
      goal: below(1_000, 'ms'),
    },
  ],
};
