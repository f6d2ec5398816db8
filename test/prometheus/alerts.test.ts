import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { CHECKOUT } from '../../harness/checkout.ts';
import { readYaml } from '../unit/deploy/read-deploy-file.ts';

/**
 * Prometheus's own engine judges the alerts over series of an hour, in virtual time: `promtool test rules`. In each scenario
 * all is well, then something happens in minute 10, and ends in minute 40.
 */
interface Scenario {
  /** Series in promtool's notation, one value a minute. */
  readonly series: Readonly<Record<string, string>>;
  /** Within how many minutes of its start the alert fires. */
  readonly firesWithin: number;
  /** Within how many minutes of its end it is over. */
  readonly clearsWithin: number;
}

const UP = 'up{job="hookpatch",instance="a:8080"}';
const deliveries = (status: number) => `hookpatch_deliveries_total{instance="a:8080",http_response_status_code="${status}"}`;
const deadLetters =
  'hookpatch_actions_total{instance="a:8080",action="transfer",outcome="dead-lettered",reason="queue-not-found"}';
/** Before, while it lasts, and after. */
const gauge = (usual: string, during: string) => `${usual}x9 ${during}x29 ${usual}x60`;

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  HookpatchInboxOld: {
    series: { 'hookpatch_inbox_oldest_age_seconds{instance="a:8080"}': gauge('1+0', '300+0') },
    firesWithin: 3,
    clearsWithin: 1,
  },
  // One single dead letter: the first of its reason in this process.
  HookpatchDeadLetters: { series: { [deadLetters]: '0+0x9 1+0x90' }, firesWithin: 1, clearsWithin: 0 },
  HookpatchDeadLettersWaiting: {
    series: { 'hookpatch_dead_letters{instance="a:8080"}': gauge('0+0', '3+0') },
    firesWithin: 16,
    clearsWithin: 1,
  },
  HookpatchRedisAway: {
    series: { 'hookpatch_redis_up{instance="a:8080"}': gauge('1+0', '0+0') },
    firesWithin: 2,
    clearsWithin: 1,
  },
  HookpatchUnauthorized: {
    series: { [deliveries(202)]: '0+60x99', [deliveries(401)]: '0+0x9 0+60x29 1740+0x60' },
    firesWithin: 8,
    clearsWithin: 6,
  },
  HookpatchBudgetExhausted: {
    series: { 'hookpatch_genesys_rate_budget{instance="a:8080",lane="read"}': gauge('100+0', '0+0') },
    firesWithin: 11,
    clearsWithin: 1,
  },
  HookpatchGenesysPaused: {
    series: { 'hookpatch_genesys_paused_seconds{instance="a:8080"}': gauge('0+0', '3000+0') },
    firesWithin: 2,
    clearsWithin: 1,
  },
  HookpatchRateLimited: {
    series: { 'hookpatch_genesys_rate_limited_total{instance="a:8080",scope="token"}': '0+0x9 0+1x29 29+0x60' },
    firesWithin: 14,
    clearsWithin: 15,
  },
  HookpatchNotStoring: {
    series: { [deliveries(503)]: '0+0x9 0+60x29 1740+0x60' },
    firesWithin: 4,
    clearsWithin: 6,
  },
  HookpatchDown: { series: { [UP]: gauge('1+0', '0+0') }, firesWithin: 2, clearsWithin: 1 },
  HookpatchAbsent: { series: { [UP]: '1+0x9 _x29 1+0x60' }, firesWithin: 11, clearsWithin: 1 },
};

interface AlertFile {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly labels: object }[] }[];
}

const START = 10;
const END = 40;
const alertsFile = join(CHECKOUT, 'deploy/prometheus/alerts.yaml');
const rules = readYaml<AlertFile>('deploy/prometheus/alerts.yaml').groups.flatMap((group) => group.rules);
const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hookpatch-alerts-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What promtool finds wrong when exactly `firing` is expected to fire in that minute. */
async function judge(alert: string, series: Scenario['series'], minute: number, firing: boolean): Promise<string> {
  const test = {
    rule_files: [alertsFile],
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        promql_expr_test: [
          {
            expr: `count(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)`,
            eval_time: `${minute}m`,
            exp_samples: [{ labels: '{}', value: firing ? 1 : 0 }],
          },
        ],
      },
    ],
  };
  const file = join(folder, `${alert}-${minute}.yaml`);
  await writeFile(file, stringify(test));
  return run('promtool', ['test', 'rules', file]).then(
    () => '',
    (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
  );
}

it('every alert has a scenario', () => {
  expect(rules.map(({ alert }) => alert).sort()).toEqual(Object.keys(SCENARIOS).sort());
});

it.each(Object.entries(SCENARIOS))('%s fires, and clears', async (alert, { series, firesWithin, clearsWithin }) => {
  const moments: [number, boolean][] = [
    [START - 1, false],
    [START + firesWithin, true],
    [END + clearsWithin, false],
  ];
  for (const [minute, firing] of moments) expect(await judge(alert, series, minute, firing)).toBe('');
});

it('the rules and the configuration pass promtool', async () => {
  await run('promtool', ['check', 'rules', '--lint=all', '--lint-fatal', alertsFile]);
  await run('promtool', ['check', 'config', join(CHECKOUT, 'deploy/prometheus/prometheus.yaml')]);
});
