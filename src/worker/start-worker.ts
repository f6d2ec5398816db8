import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import type { ActionKinds } from '../actions/action-kind.ts';
import { createOwnWrites } from '../actions/own-writes.ts';
import { openActions } from '../actions/registry.ts';
import type { Config, GenesysConfig } from '../config/config.ts';
import { createGenesysClient, type PlatformClient } from '../genesys/client.ts';
import { LANES } from '../genesys/lane.ts';
import { createRedisLimitStore } from '../genesys/pacing/limit-store.ts';
import { createAwaitedProofs } from '../inbox/awaited-proofs.ts';
import { createCommandStore } from '../inbox/command-store.ts';
import { createInbox } from '../inbox/redis-inbox.ts';
import { type ConversationQueue, createConversationQueue } from '../queue/conversation-queue.ts';
import { createConversationWorker } from '../queue/conversation-worker.ts';
import { createDeadLetterWorker } from '../queue/dead-letter-worker.ts';
import { createDeadLetters } from '../queue/dead-letters.ts';
import { startSweeper } from '../queue/sweeper.ts';
import { createUrgentConversations } from '../queue/urgent-conversations.ts';
import type { RunnableWorker } from '../queue/worker-lifecycle.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { createKeys } from '../redis/keys.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import type { StoryRecorder } from '../story/story-recorder.ts';
import type { Logger } from '../telemetry/logger.ts';
import { observePacing } from '../telemetry/metrics.ts';
import { createByteBudget } from './byte-budget.ts';
import { createKnownRules } from './known-rules.ts';
import { type ConversationProcessing, processConversation } from './process-conversation.ts';
import { watchProofs } from './watch-proofs.ts';
import { watchUrgent } from './watch-urgent.ts';

export interface WorkerRoleOptions {
  readonly config: Config;
  readonly genesys: GenesysConfig;
  /** Of the purpose `worker`. */
  readonly redis: RedisConnection;
  readonly story: StoryRecorder;
  takeSnapshot: ConversationProcessing['takeSnapshot'];
  ruleSet(): RuleSet;
  /** Reads the rules file again; a bad file changes nothing. */
  reloadRules(): void;
  readonly kinds: ActionKinds;
  readonly logger: Logger;
  /** For tests, which use shorter waits; default: the real ones. */
  readonly timing?: WorkerTiming;
}

export interface WorkerTiming extends Pick<ConversationProcessing, 'backoff' | 'readBackDelaysMs' | 'giveBackPauseMs'> {
  /** Whether a write is read back at once; by default while more than half of the budget is unused. */
  readonly hasPlenty?: () => boolean;
  /** How long running batches may continue when the worker closes. */
  readonly graceMs?: number;
  /** The pause after a token or the sweeper was not available at the start. */
  readonly startRetryMs?: number;
}

export interface WorkerRole {
  hasToken(): boolean;
  /** Whether jobs of conversations are being taken. */
  isFetching(): boolean;
  /** Epoch milliseconds until which a 429 forbids fetching conversations; `null`: nothing is paused. */
  pausedUntil(): number | null;
  /** Lets running batches finish for at most 25 s, then aborts their calls and gives their jobs back. */
  close(): Promise<void>;
}

/** The unused part of the budget above which a write is read back at once. */
const PLENTY = 0.5;
const GRACE_MS = 25_000;
/** Longer than the time that an entry can wait for its next try before it is a dead letter, or after somebody retried it. */
const DAY_SECONDS = 86_400;
const START_RETRY_MS = 5_000;
const LEAST_BATCH_MEMORY = 8 * 1024 * 1024;

/** Everything that processes inboxes in this process: conversations, the sweeper, and the dead letters. */
export function startWorker(options: WorkerRoleOptions): WorkerRole {
  const { config, redis, logger } = options;
  const { graceMs = GRACE_MS, startRetryMs = START_RETRY_MS, ...timing } = options.timing ?? {};
  const base = { connection: redis, prefix: config.redis.prefix, logger };
  const limitStore = createRedisLimitStore({ redis, keys: createKeys(config.redis.prefix), member: randomUUID() });
  const genesys = createGenesysClient({ config: options.genesys, logger, limitStore });
  const inbox = createInbox({ redis, prefix: config.redis.prefix, dedupSeconds: config.eventDedupSeconds });
  const queue = createConversationQueue(base);
  const proofs = createAwaitedProofs({ redis, prefix: config.redis.prefix });
  const deadLetters = createDeadLetters({ ...base, retention: config.deadLetters });
  const stopped = new AbortController();
  const active = new Set<string>();
  const memory = createByteBudget(batchMemory());
  const hasPlenty = timing.hasPlenty ?? (() => genesys.unusedBudget() > PLENTY);
  const processing: ConversationProcessing = {
    ...timing,
    ...createStores(options, () => !hasPlenty()),
    inbox,
    proofs,
    confirmWithinMs: options.genesys.confirmWithinMs,
    planFromSnapshots: options.genesys.planFromSnapshots,
    hasPlenty,
    lendPlace: () => conversations.lendPlace(),
    reserveMemory: (bytes) => memory.reserve(bytes),
    genesys,
    deadLetters,
    story: options.story,
    takeSnapshot: options.takeSnapshot,
    logger,
    attempts: config.jobAttempts,
  };
  const conversations: RunnableWorker = createConversationWorker({
    ...base,
    concurrency: config.workerConcurrency,
    process: async (conversationId, context) => {
      // Jobs that have not started when the worker stops are given back at once.
      if (stopped.signal.aborted) return { retryAt: Date.now() };
      active.add(conversationId);
      return processConversation(conversationId, context, processing).finally(() => active.delete(conversationId));
    },
  });
  const stopWatchingProofs = watchProofs(proofs, queue);
  const stopWatching = watchUrgent({
    urgent: createUrgentConversations({ redis, prefix: config.redis.prefix }),
    worker: conversations,
    genesys,
    active,
  });
  const replays = createDeadLetterWorker({ ...base, deadLetters, inbox, queue });
  let sweeper: RunnableWorker | null = null;
  const retrying = { pauseMs: startRetryMs, logger, signal: stopped.signal };
  void untilDone('the sweeper did not start; trying again', retrying, async () => {
    sweeper = await startSweeper({ ...base, inbox, queue, proofs, deadLetters });
    if (stopped.signal.aborted) await sweeper.close(0);
  });
  // A worker is ready when it has a token; later ones are obtained as calls need them.
  void untilDone('no token from Genesys; trying again', retrying, async () => {
    await genesys.obtainToken();
    await genesys.findLimits();
    await wakeSleepers(queue, genesys, logger);
  });
  observePacing(() => ({
    budgetByLane: Object.fromEntries(LANES.map((lane) => [lane, genesys.rateBudget(lane)])),
    pausedSeconds: genesys.pausedForMs() / 1000,
    tokens: genesys.usableTokens(),
    limits: genesys.sharedLimits(),
    fairUseCallsPerMonth: options.genesys.fairUseCallsPerMonth,
  }));

  return {
    hasToken: () => genesys.hasToken(),
    isFetching: () => conversations.isFetching(),
    pausedUntil: () => {
      const pausedMs = genesys.pausedForMs();
      return pausedMs > 0 ? Date.now() + pausedMs : null;
    },
    close: async () => {
      stopped.abort();
      stopWatching();
      stopWatchingProofs();
      // Without Redis no running batch could be settled, so there is nothing to wait for.
      const waitMs = redis.status === 'ready' ? graceMs : 0;
      await endWork([conversations, replays, ...(sweeper === null ? [] : [sweeper])], genesys, waitMs);
      if (redis.status === 'ready') await Promise.all([queue.close(), deadLetters.close()]);
    },
  };
}

/**
 * A process that has just started knows of no pause. Conversations that another process delayed after a 429 are tried now. If
 * Genesys still refuses, its first response delays them again.
 */
async function wakeSleepers(queue: ConversationQueue, genesys: PlatformClient, logger: Logger): Promise<void> {
  if (genesys.pausedForMs() > 0) return;
  const woken = await queue.wakeAll();
  if (woken > 0) logger.info({ conversations: woken }, 'woke conversations that waited for a later try');
}

/**
 * Bytes. An entry is in memory several times while it is processed: as text, as objects, and as the data sent to Redis. With an
 * eighth of the heap V8 collected garbage for most of the time when large entries waited (docs/decisions/0027).
 */
function batchMemory(): number {
  return Math.max(LEAST_BATCH_MEMORY, Math.floor(getHeapStatistics().heap_size_limit / 16));
}

/** At the end of the grace the calls are aborted too: a batch that waits for a response could not be given back. */
async function endWork(workers: readonly RunnableWorker[], genesys: PlatformClient, graceMs: number): Promise<void> {
  const graceEnd = setTimeout(() => void genesys.close(), graceMs);
  await Promise.all(workers.map((worker) => worker.close(graceMs)));
  clearTimeout(graceEnd);
  await genesys.close();
}

function createStores({ config, redis, ruleSet, reloadRules, kinds }: WorkerRoleOptions, mayAwaitProof: () => boolean) {
  const stored = { redis, prefix: config.redis.prefix };
  const ownWrites = createOwnWrites({ ...stored, kinds: Object.values(kinds), mayAwaitProof });
  const retrySeconds = config.deadLetters.maxAgeSeconds + DAY_SECONDS;
  return {
    rules: createKnownRules({ ruleSet, reload: reloadRules, now: Date.now }),
    unknownGraceMs: config.ruleUnknownGraceSeconds * 1000,
    now: Date.now,
    ownWrites,
    actions: openActions(kinds, { ...stored, retrySeconds, ownWrites, now: Date.now }),
    commands: createCommandStore({ ...stored, ttlSeconds: config.eventDedupSeconds }),
  };
}

const FIRST_RETRY_MS = 250;

interface Retrying {
  readonly pauseMs: number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * Completes one start task of a worker, however often it fails at first; `failure` is the log message. The pause doubles up to
 * the given one: most failures at a start are over in a moment.
 */
async function untilDone(failure: string, { pauseMs, logger, signal }: Retrying, work: () => Promise<void>): Promise<void> {
  for (let next = FIRST_RETRY_MS; !signal.aborted; next *= 2) {
    try {
      await work();
      return;
    } catch (error) {
      if (signal.aborted) return;
      logger.error({ err: error }, failure);
      await delay(Math.min(next, pauseMs), undefined, { signal }).catch(() => undefined);
    }
  }
}
