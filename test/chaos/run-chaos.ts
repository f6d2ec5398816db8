import { type Echoes, type Fate, startEchoes } from '../../harness/echoes.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { type Balance, computeBalance } from './balance.ts';
import { disrupt } from './disrupt.ts';
import { type Driver, startDriver } from './drive.ts';
import { GENESYS_FAULTS } from './genesys-faults.ts';
import { type LedgerLine, readLedger } from './ledger.ts';
import { type Disruption, planDisruptions, type RedisForm } from './plan-disruptions.ts';
import { planEvents } from './plan-events.ts';
import { createRandom, type Random } from './random.ts';
import { type RedisState, readDeadLetters, readRedisState, type StoredDeadLetter } from './redis-state.ts';
import { seedOf } from './rules.ts';
import { CONFIRM_WITHIN_SECONDS, openStage, PREFIX, SECRET, type Stage } from './stage.ts';
import { tellStory } from './tell-story.ts';
import { countProvenByEvents, findUnproven } from './unproven.ts';

export interface ChaosOptions {
  readonly seed: number;
  readonly events: number;
  readonly eventsPerSecond: number;
  /** Over how long the disruptions are spread. */
  readonly disruptedMs: number;
  readonly kills: number;
  readonly redis: RedisForm;
}

export interface ChaosReport {
  readonly balance: Balance;
  readonly kills: number;
  /** What happened to Redis, and how often. */
  readonly redisDisruptions: ReadonlyMap<string, number>;
  /** Events whose delivery had to be repeated, because a try was refused or never answered. */
  readonly repeated: number;
  /** What befell the events that the service's own writes raised, and how often. */
  readonly echoes: ReadonlyMap<Fate, number>;
  /** Events that were proven without a call, by such an event. */
  readonly provenByEvents: number;
  readonly deadLetters: readonly StoredDeadLetter[];
  /** What Redis still held in the end; all of it empty when the system has drained. */
  readonly left: RedisState;
  /** Why the run fails, each with its story; empty when the ledger balances and every promise was kept. */
  readonly failures: readonly string[];
}

/** From the last fault until nothing is left to do: a lost worker's lock, the longest backoff, and some room. */
const DRAIN_TIMEOUT_MS = 120_000;
/** A story is long; the first few tell enough. */
const STORIES = 3;

/**
 * Sends events while everything breaks, waits until the system has drained, and balances the ledger.
 * @throws Error when the machinery of the test itself fails
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  let driver: Driver | null = null;
  let echoes: Echoes | null = null;
  const over = new AbortController();
  const stage: Stage = await openStage(options.seed, options.redis, () => driver?.aim(stage.fleet.receiverUrls()));
  try {
    const { conversationIds } = planEvents(options.seed, options.events);
    for (const id of conversationIds) stage.simulator.createConversation(seedOf(id));
    for (const fault of GENESYS_FAULTS) stage.simulator.addFault(fault);
    const { seed, events, eventsPerSecond } = options;
    const target = { secret: SECRET, simulatorUrl: stage.simulator.url, ledgerFile: stage.ledgerFile };
    driver = startDriver({ seed, events, eventsPerSecond, ...target });
    driver.aim(stage.fleet.receiverUrls());
    const random = createRandom(seed + 2);
    echoes = await startEchoes({
      secret: SECRET,
      fateOf: () => fateOf(random),
      delayMs: (fate) => (fate === 'late' ? LATE_MS : random.between(50, 800)),
      receiver: () => (stage.fleet.receiverUrls().length === 0 ? null : random.pick(stage.fleet.receiverUrls())),
    });
    stage.simulator.setWebhook({ url: echoes.url });
    const disruptions = planDisruptions(seed, options.disruptedMs, options.kills, options.redis);
    await Promise.all([driver.done, disrupt(stage, disruptions, over.signal)]);
    stage.simulator.clearFaults();
    const reported = await report(stage, options, await drain(stage));
    return { ...reported, redisDisruptions: countRedis(disruptions), echoes: echoes.fates };
  } finally {
    over.abort();
    driver?.stop();
    await echoes?.stop();
    await stage.stop();
  }
}

/** After the write was read back. */
const LATE_MS = (CONFIRM_WITHIN_SECONDS + 1) * 1_000;

/** Most events about our own writes come promptly, and each thing that can befall one befalls a tenth of them. */
function fateOf(random: Random): Fate {
  const at = random.next();
  if (at < 0.1) return 'lost';
  if (at < 0.2) return 'late';
  if (at < 0.3) return 'doubled';
  return at < 0.4 ? 'contradicting' : 'prompt';
}

/** Answers what is left when nothing is, or when the time is over. */
async function drain({ redis }: Stage): Promise<RedisState> {
  let state = await readRedisState(redis.owner().url, PREFIX);
  const isDrained = async () => {
    state = await readRedisState(redis.owner().url, PREFIX);
    return state.inboxes.length + state.pending.length + state.jobs + state.unparked === 0;
  };
  await waitUntil(isDrained, { timeoutMs: DRAIN_TIMEOUT_MS, intervalMs: 250 }).catch(() => undefined);
  return state;
}

function countRedis(disruptions: readonly Disruption[]): ReadonlyMap<string, number> {
  const kinds = disruptions.flatMap((each) => (each.kind === 'redis' ? each.disruption.kind : []));
  return new Map([...Map.groupBy(kinds, (kind) => kind)].map(([kind, { length }]) => [kind, length]));
}

async function report(
  stage: Stage,
  options: ChaosOptions,
  left: RedisState,
): Promise<Omit<ChaosReport, 'redisDisruptions' | 'echoes'>> {
  const { simulator, redis } = stage;
  const ledger = await readLedger(stage.ledgerFile);
  const deadLetters = await readDeadLetters(redis.owner().url, PREFIX);
  const evidence = {
    ledger,
    conversations: simulator.conversations(),
    writes: simulator.executedWrites(),
    deadLettered: new Set(deadLetters.map(({ eventId }) => eventId)),
  };
  const balance = computeBalance(evidence);
  const repeated = ledger.filter(({ answers }) => answers.length > 1).length;
  const failures = [
    ...findLeftovers(left, simulator.journalDropped()),
    ...findRepeatedDeadLetters(deadLetters),
    ...findUnproven(stage.fleet.lines(), ledger, evidence.writes),
    ...storiesOf(stage, ledger, balance),
  ];
  const provenByEvents = countProvenByEvents(stage.fleet.lines());
  return { balance, kills: options.kills, repeated, provenByEvents, deadLetters, left, failures };
}

function findLeftovers(left: RedisState, journalDropped: number): string[] {
  const found: string[] = [];
  if (left.inboxes.length > 0) found.push(`entries are left in the inboxes of ${left.inboxes.join(', ')}`);
  if (left.pending.length > 0) found.push(`still pending: ${left.pending.join(', ')}`);
  if (left.jobs > 0) found.push(`${left.jobs} conversation jobs are left`);
  if (left.unparked > 0) found.push(`${left.unparked} dead letters are not in the failed state`);
  if (journalDropped > 0) found.push(`the journal lost ${journalDropped} records; the balance can't be trusted`);
  return found;
}

function findRepeatedDeadLetters(deadLetters: readonly StoredDeadLetter[]): string[] {
  const letters = Map.groupBy(deadLetters, ({ eventId, actionKey }) => `${eventId} ${actionKey}`);
  return [...letters].filter(([, { length }]) => length > 1).map(([action, { length }]) => `${length} dead letters of ${action}`);
}

function storiesOf(stage: Stage, ledger: readonly LedgerLine[], { unaccounted, violations }: Balance): string[] {
  const unaccountedStories = unaccounted.slice(0, STORIES).map((line) => {
    const title = `event ${line.id} was accepted, and nothing shows what became of it`;
    return tellStory(stage, title, line.conversationId, [line]);
  });
  const violationStories = violations.slice(0, STORIES).map(({ conversationId, what }) => {
    const lines = ledger.filter((line) => line.conversationId === conversationId);
    return tellStory(stage, `${conversationId}: ${what}`, conversationId, lines);
  });
  const more = unaccounted.length + violations.length - unaccountedStories.length - violationStories.length;
  return [...unaccountedStories, ...violationStories, ...(more > 0 ? [`and ${more} more`] : [])];
}
