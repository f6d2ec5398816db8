import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import { CHECKOUT } from '../../harness/checkout.ts';
import { findFreePort } from '../../harness/find-free-port.ts';
import { findProgram } from '../../harness/find-program.ts';
import { LogCollector } from '../../harness/log-collector.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { queryPrometheus } from './query-prometheus.ts';

/** Path of the program; `null` where it is not installed. */
export const PROMETHEUS = findProgram(['prometheus']);

/** The real Prometheus with the files of deploy/prometheus. */
export interface RunningPrometheus {
  readonly url: string;
  /** Resolves when the alert fires. */
  fires(alert: string): Promise<void>;
  /** Resolves when the alert does not fire. */
  clears(alert: string): Promise<void>;
  /** Scrapes these instead. */
  scrape(targets: readonly string[]): Promise<void>;
}

interface Configuration {
  global: { scrape_interval: string; evaluation_interval: string };
  scrape_configs: { static_configs: { targets: readonly string[] }[] }[];
}

const PATIENCE = { timeoutMs: 90_000, intervalMs: 200 };

const read = (name: string) => readFile(join(CHECKOUT, 'deploy', 'prometheus', name), 'utf8');

/** A second in place of each minute; the oldest event may wait for 2 s in place of 120. Nothing else is changed. */
function sixtyTimesFaster(alerts: string): string {
  return alerts
    .replaceAll(/(\[|for: )(\d+)m/g, '$1$2s')
    .replace('hookpatch_inbox_oldest_age_seconds) > 120', 'hookpatch_inbox_oldest_age_seconds) > 2');
}

/** Ends with the test. */
export async function startPrometheus(targets: readonly string[]): Promise<RunningPrometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'hookpatch-prometheus-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const configuration = parse(await read('prometheus.yaml')) as Configuration;
  const write = (scraped: readonly string[]) => {
    const [job] = configuration.scrape_configs;
    const jobs = [{ ...job, static_configs: [{ targets: scraped }] }];
    const global = { scrape_interval: '500ms', scrape_timeout: '500ms', evaluation_interval: '250ms' };
    return writeFile(join(folder, 'prometheus.yaml'), stringify({ ...configuration, global, scrape_configs: jobs }));
  };
  await write(targets);
  await writeFile(join(folder, 'alerts.yaml'), sixtyTimesFaster(await read('alerts.yaml')));
  await mkdir(join(folder, 'data'));
  const address = `127.0.0.1:${await findFreePort()}`;
  if (PROMETHEUS === null) throw new Error('there is no prometheus on the PATH');
  const child = spawn(PROMETHEUS, [
    `--config.file=${join(folder, 'prometheus.yaml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${address}`,
  ]);
  onTestFinished(() => end(child));
  const log = new LogCollector(child);
  const url = `http://${address}`;
  const firing = async (alert: string) =>
    (await queryPrometheus(url, `ALERTS{alertname="${alert}",alertstate="firing"}`)).length > 0;
  await waitUntil(() => fetch(`${url}/-/ready`).then(({ ok }) => ok), { what: 'Prometheus' }).catch((cause: unknown) => {
    throw new Error(log.text(), { cause });
  });
  // What is counted before the first scrape is no increase.
  const seen = async () => (await queryPrometheus(url, 'hookpatch_redis_up == 1')).length === targets.length;
  await waitUntil(seen, { ...PATIENCE, what: 'the first scrapes' });
  return {
    url,
    fires: async (alert) => void (await waitUntil(() => firing(alert), { ...PATIENCE, what: `${alert} to fire` })),
    clears: async (alert) =>
      void (await waitUntil(async () => !(await firing(alert)), { ...PATIENCE, what: `${alert} to clear` })),
    scrape: async (scraped) => {
      await write(scraped);
      child.kill('SIGHUP');
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
