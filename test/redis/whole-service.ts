import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { type ServiceProcess, startService } from '../../harness/service-process.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { type Simulator, startSimulator } from '../../simulator/start-simulator.ts';
import { computeBalance } from '../chaos/balance.ts';
import { RULES } from '../chaos/rules.ts';
import { type Load, SECRET, startLoad } from './load.ts';
import { prefix } from './set-up.ts';
import { busiestSecond, findUntruths, type Margin, type Sample } from './truth.ts';

/** What an incident can see of the service while it happens. */
export interface Witness {
  /** Resolves when a delivery that was sent after the call was refused. */
  untilRefused(): Promise<void>;
  /** Resolves when a delivery that was sent after the call was accepted. */
  untilAccepted(): Promise<void>;
  readonly processes: readonly ServiceProcess[];
}

export interface Case {
  readonly name: string;
  /** The settings of the service that lead to this Redis: `REDIS_URL` and what belongs to it. */
  readonly env: Readonly<Record<string, string>>;
  /** What happens to Redis, under load; it is over when this resolves. */
  incident(witness: Witness): Promise<unknown>;
  /** The roles of the processes; the first receives the deliveries. Default: a receiver and two workers. */
  readonly roles?: readonly string[];
  /** How the log names the outages: Redis replies with errors, or not at all. Default: either. */
  readonly kind?: keyof typeof WORDS;
  /** Redis loses what it held, so the ledger can't balance. */
  readonly losesEverything?: boolean;
}

const WORDS = { refused: 'Redis refused a command', silent: 'Redis does not answer; reconnecting' };
const ROLES = ['receiver', 'worker', 'worker'];
const PROBE_MS = 200;
const SETTLED_WITHIN_MS = 90_000;
const MOST_LINES_A_SECOND = 10;
const STOPPED_WITHIN_MS = 10_000;
/** A probe is remembered for a second and takes a second; a delivery that is refused takes up to 2 s. */
const RECEIVER_MARGIN: Margin = { readyMs: 3_000, notReadyMs: 3_000 };
/** A worker's connections are others; it gives up a silent one after 8 s, and is not ready before it has fetched again. */
const WORKER_MARGIN: Margin = { readyMs: 10_000, notReadyMs: 30_000 };

/**
 * The real service on one set-up of Redis under load, while the incident happens. Every case ends with
 * the same: nothing accepted is lost or out of order, every worker works, `/readyz` was true at each moment, no process logged
 * more than ten lines a second, and each ends within 10 s of a SIGTERM, although a silent connection to it is open.
 */
export async function withWholeService({
  name,
  env: ownEnv,
  incident,
  kind,
  roles = ROLES,
  losesEverything = false,
}: Case): Promise<void> {
  const { simulator, start } = await openService(ownEnv);
  const processes = await Promise.all(roles.map(start));
  const [receiver] = processes as [ServiceProcess];
  const workers = processes.filter((_, index) => roles[index] !== 'receiver');
  const probes = processes.map((each) => startProbe(each.url));
  const load = startLoad(simulator, receiver.url);
  const startedAt = Date.now();

  await untilAttempt(load, true);
  await incident({ untilRefused: () => untilAttempt(load, false), untilAccepted: () => untilAttempt(load, true), processes });
  await settle({ load, workers, isReady: () => probes.every(({ samples }) => samples.at(-1)?.ready === true) });
  await Promise.all(probes.map(({ stop }) => stop()));
  await load.stop();
  const balanceOf = () =>
    computeBalance({
      ledger: load.ledger,
      conversations: simulator.conversations(),
      writes: simulator.executedWrites(),
      deadLettered: new Set(),
    });
  if (!losesEverything) {
    const isDone = () => balanceOf().unaccounted.length === 0;
    await waitUntil(isDone, { timeoutMs: SETTLED_WITHIN_MS, what: 'everything that was accepted' }).catch(() => undefined);
  }

  const { unaccounted, violations } = balanceOf();
  expect({ unaccounted: losesEverything ? [] : unaccounted, violations }).toEqual({ unaccounted: [], violations: [] });
  for (const [index, { samples }] of probes.entries()) {
    const margin = roles[index] === 'receiver' ? RECEIVER_MARGIN : WORKER_MARGIN;
    expect(findUntruths(samples, load.attempts, margin), `/readyz of ${roles[index]}`).toEqual([]);
  }
  for (const each of processes) {
    expectFewLines(each, startedAt);
    const words = Object.values(WORDS).filter((word) => each.logs.some(({ msg }) => msg === word));
    if (kind !== undefined) expect(words).toEqual([WORDS[kind]]);
  }
  await Promise.all(processes.map(expectToStop));
  console.log(`${name}: ${measure(load, simulator)}`);
}

/** For docs/redis.md: how long nothing was accepted, and how long nothing was processed. */
function measure({ attempts }: Load, simulator: Simulator): string {
  const longestGap = (times: readonly number[]) => {
    const gaps = times.toSorted((one, other) => one - other).map((time, index, all) => time - (all[index - 1] ?? time));
    return `${(Math.max(0, ...gaps) / 1_000).toFixed(1)} s`;
  };
  const accepted = attempts.filter((attempt) => attempt.accepted).map(({ endedAt }) => endedAt);
  const refused = attempts.length - accepted.length;
  const processed = simulator.journal().filter(({ call }) => call === 'patch-attributes');
  return `nothing accepted for ${longestGap(accepted)} (${refused} refused), nothing processed for ${longestGap(processed.map(({ at }) => at))}`;
}

/** A simulator, and the real service with this environment in addition to what every process needs. */
export async function openService(ownEnv: Readonly<Record<string, string>>) {
  const simulator = await startSimulator({ writeVisibilityMs: 0 });
  onTestFinished(() => simulator.stop());
  const env = { ...(await environment(simulator)), ...ownEnv };
  const start = async (ROLE: string) => {
    const service = await startService({ env: { ...env, ROLE }, timeoutMs: 60_000 });
    onTestFinished(async () => void (await service.kill()));
    return service;
  };
  return { simulator, env, start };
}

async function environment(simulator: Simulator): Promise<Record<string, string>> {
  const dir = await mkdtemp(join(tmpdir(), 'hookpatch-redis-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const rulesFile = join(dir, 'rules.yaml');
  await writeFile(rulesFile, RULES);
  return {
    HOST: '127.0.0.1',
    PORT: '0',
    REDIS_PREFIX: prefix,
    RULES_FILE: rulesFile,
    WEBHOOK_SECRETS: SECRET,
    GENESYS_API_URL: simulator.url,
    GENESYS_LOGIN_URL: simulator.url,
    GENESYS_CLIENT_ID: simulator.clientId,
    GENESYS_CLIENT_SECRET: simulator.clientSecret,
    GENESYS_RATE_PER_MINUTE: '60000',
  };
}

function startProbe(url: string) {
  const samples: Sample[] = [];
  let running = true;
  const probe = async () => {
    while (running) {
      const askedAt = performance.now();
      const response = await fetch(`${url}/readyz`);
      const text = await response.text();
      samples.push({ askedAt, answeredAt: performance.now(), ready: response.ok, text });
      await delay(PROBE_MS);
    }
  };
  const probing = probe();
  // When a case fails, its processes end while they are asked; `stop` rejects then.
  probing.catch(() => undefined);
  const stop = async () => {
    running = false;
    await probing;
  };
  return { samples, stop };
}

async function untilAttempt({ attempts }: Load, accepted: boolean): Promise<void> {
  const since = performance.now();
  const look = () => attempts.some((attempt) => attempt.sentAt >= since && attempt.accepted === accepted);
  await waitUntil(look, { timeoutMs: 60_000, what: accepted ? 'a delivery to be accepted' : 'a delivery to be refused' });
}

interface Settling {
  readonly load: Load;
  readonly workers: readonly ServiceProcess[];
  isReady(): boolean;
}

/** Until deliveries are accepted, every worker has processed an event, and every process is ready. */
async function settle({ load, workers, isReady }: Settling): Promise<void> {
  await untilAttempt(load, true);
  const seen = workers.map(({ logs }) => logs.length);
  const worksAgain = ({ logs }: ServiceProcess, index: number) =>
    logs.slice(seen[index]).some(({ msg }) => msg === 'event processed');
  const within = { timeoutMs: SETTLED_WITHIN_MS, what: 'every worker to process an event' };
  await waitUntil(() => workers.every(worksAgain), within);
  await waitUntil(isReady, { timeoutMs: SETTLED_WITHIN_MS, what: 'every process to be ready' });
}

/** Lines about an event follow from the events; the others must stay few, whatever happens. */
function expectFewLines({ logs, output }: ServiceProcess, startedAt: number): void {
  const lines = logs.filter(({ msg }) => msg !== 'event processed');
  const times = lines.map(({ time }) => Date.parse(String(time))).filter((time) => time >= startedAt);
  expect(busiestSecond(times), JSON.stringify(lines, null, 1)).toBeLessThanOrEqual(MOST_LINES_A_SECOND);
  expect(output).toEqual([]);
}

async function expectToStop(service: ServiceProcess): Promise<void> {
  const silent = connect({ host: '127.0.0.1', port: Number(new URL(service.url).port) });
  silent.on('error', () => undefined);
  await once(silent, 'connect');
  expect(await service.stop(STOPPED_WITHIN_MS)).toEqual({ code: 0, signal: null });
  silent.destroy();
}
