import { waitUntil } from '../../../harness/wait-until.ts';
import { type Simulator, startSimulator } from '../../../simulator/start-simulator.ts';
import { findViolations } from '../broken-promises.ts';
import { readDeadLetters, readRedisState } from '../redis-state.ts';
import { ownAttribute } from '../rules.ts';
import { planRollout, type RolloutOptions, rulesOfStep } from './plan-rollout.ts';
import { type RolloutFleet, startRolloutFleet } from './rollout-fleet.ts';
import { type SentEvent, sendEvents } from './send-events.ts';

export interface RunRolloutOptions extends RolloutOptions {
  readonly redisUrl: string;
  readonly prefix: string;
  /** While one process gets its new rules file. */
  readonly eventsPerUpdate: number;
  /** The rules that every process has in the end; what was accepted for others becomes dead letters. */
  readonly lastRules: readonly string[];
  readonly graceSeconds: number;
}

export interface RolloutReport {
  readonly updates: number;
  readonly sent: number;
  /** By receivers that did not have the rule: nothing is promised. */
  readonly ignored: number;
  readonly accepted: number;
  readonly applied: number;
  readonly deadLettered: number;
  /** Accepted events that a worker gave back because it did not know their rule. */
  readonly gaveBack: number;
  readonly failures: readonly string[];
}

const SECRET = 'rollout-secret-of-more-than-16-bytes';
const CONVERSATIONS = 40;
const DRAIN_TIMEOUT_MS = 120_000;

/** Rolls new rules files over the processes while events arrive, waits until nothing is left to do, and balances the ledger. */
export async function runRollout(options: RunRolloutOptions): Promise<RolloutReport> {
  const { redisUrl, prefix, seed, lastRules } = options;
  const simulator = await startSimulator({ seed, writeVisibilityMs: 0 });
  const ids = Array.from({ length: CONVERSATIONS }, (_, index) => `call-${seed}-${index}`);
  for (const id of ids) simulator.createConversation({ id, participants: [{ id: `${id}-customer`, purpose: 'customer' }] });
  let fleet: RolloutFleet | null = null;
  try {
    fleet = await startRolloutFleet(environment(options, simulator), rulesOfStep(-1));
    const { receiverUrls } = fleet;
    const over = new AbortController();
    let allowed = 0;
    const target = { secret: SECRET, conversationIds: ids, receiverUrls };
    const sending = sendEvents({ seed, ...target, allowed: () => allowed }, over.signal);
    const steps = planRollout(options, lastRules);
    const rolled = rollOut(fleet, steps, () => {
      allowed += options.eventsPerUpdate;
    }).finally(() => over.abort());
    const [sent] = await Promise.all([sending, rolled]);
    const updates = steps.reduce((count, { order }) => count + order.length, 0);
    const left = await drain(redisUrl, prefix);
    return { updates, ...(await balance(sent, { simulator, fleet, redisUrl, prefix }, left)) };
  } finally {
    await fleet?.stop();
    await simulator.stop();
  }
}

async function rollOut(fleet: RolloutFleet, steps: ReturnType<typeof planRollout>, onUpdate: () => void): Promise<void> {
  for (const { rules, order, restarted } of steps) {
    for (const name of order) {
      onUpdate();
      await fleet.update(name, rules, restarted.includes(name));
    }
  }
}

/** What is left when nothing is, or when the time is over. */
async function drain(redisUrl: string, prefix: string): Promise<readonly string[]> {
  const read = async () => {
    const { inboxes, pending, jobs, unparked } = await readRedisState(redisUrl, prefix);
    const counts = jobs + unparked === 0 ? [] : [`${jobs} jobs and ${unparked} dead letters under way`];
    return [...new Set([...inboxes, ...pending])].concat(counts);
  };
  await waitUntil(async () => (await read()).length === 0, { timeoutMs: DRAIN_TIMEOUT_MS, intervalMs: 100 }).catch(
    () => undefined,
  );
  return read();
}

interface Scene {
  readonly simulator: Simulator;
  readonly fleet: RolloutFleet;
  readonly redisUrl: string;
  readonly prefix: string;
}

/** From the ledger, the simulator and the dead letters; the service's own counters are not asked. */
async function balance(
  sent: readonly SentEvent[],
  scene: Scene,
  left: readonly string[],
): Promise<Omit<RolloutReport, 'updates'>> {
  const { simulator, fleet } = scene;
  const deadLetters = new Map(
    (await readDeadLetters(scene.redisUrl, scene.prefix)).map((letter) => [letter.eventId, letter.reason]),
  );
  const accepted = sent.filter(({ status }) => status !== 'ignored');
  const applied = accepted.filter((event) => isApplied(event, simulator));
  const lost = accepted.filter((event) => !applied.includes(event) && !deadLetters.has(event.id));
  const writes = Map.groupBy(simulator.executedWrites(), ({ conversationId }) => conversationId ?? '');
  const disorder = [...writes].flatMap(([id, own]) => findViolations([], own).map((what) => `${id}: ${what}`));
  const otherReasons = [...deadLetters].filter(([, reason]) => reason !== 'rule-unknown');
  const gaveBack = new Set(fleet.lines().flatMap((line) => (line.msg === 'event waits' ? [String(line.eventId)] : [])));
  return {
    sent: sent.length,
    ignored: sent.length - accepted.length,
    accepted: accepted.length,
    applied: applied.length,
    deadLettered: accepted.filter((event) => !applied.includes(event) && deadLetters.has(event.id)).length,
    gaveBack: gaveBack.size,
    failures: [
      ...lost.map(({ id, rule, status }) => `${id} of ${rule} was ${status}, and nothing shows what became of it`),
      ...otherReasons.map(([id, reason]) => `${id} is a dead letter: ${reason}`),
      ...disorder,
      ...left.map((what) => `left in Redis: ${what}`),
    ],
  };
}

function isApplied({ id, conversationId, sequence }: SentEvent, simulator: Simulator): boolean {
  return simulator.conversation(conversationId)?.participants[0]?.attributes[ownAttribute(sequence)] === id;
}

function environment({ redisUrl, prefix, graceSeconds }: RunRolloutOptions, simulator: Simulator): Record<string, string> {
  return {
    HOST: '127.0.0.1',
    PORT: '0',
    REDIS_URL: redisUrl,
    REDIS_PREFIX: prefix,
    WEBHOOK_SECRETS: SECRET,
    GENESYS_API_URL: simulator.url,
    GENESYS_LOGIN_URL: simulator.url,
    GENESYS_CLIENT_ID: simulator.clientId,
    GENESYS_CLIENT_SECRET: simulator.clientSecret,
    GENESYS_RATE_PER_MINUTE: '60000',
    RULE_UNKNOWN_GRACE_SECONDS: String(graceSeconds),
  };
}

/** For people, in a few lines. */
export function formatRollout(report: RolloutReport, seed: number): string {
  const { updates, sent, ignored, accepted, applied, deadLettered, gaveBack, failures } = report;
  return [
    `seed ${seed}: ${updates} processes got a new rules file; sent ${sent} = accepted ${accepted} + ignored ${ignored}`,
    `accepted ${accepted} = applied ${applied} + dead-lettered ${deadLettered}; ${gaveBack} waited for a worker with their rule`,
    ...failures.slice(0, 20),
    failures.length === 0
      ? 'nothing was skipped: the ledger balances'
      : `the run FAILS (${failures.length} failures, seed ${seed})`,
  ].join('\n');
}
