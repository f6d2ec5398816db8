import { setTimeout as delay } from 'node:timers/promises';
import { createKnownQueues } from '../actions/known-queues.ts';
import { createOwnWrites } from '../actions/own-writes.ts';
import { createTransferIntents } from '../actions/transfer-intents.ts';
import { createWrapupCodes } from '../actions/wrapup-codes.ts';
import type { Config, GenesysConfig } from '../config/config.ts';
import { createGenesysClient, type PlatformClient } from '../genesys/client.ts';
import { createCommandStore } from '../inbox/command-store.ts';
import { createInbox } from '../inbox/redis-inbox.ts';
import type { RedisConnection } from '../queue/connections.ts';
import { createConversationQueue } from '../queue/conversation-queue.ts';
import { createConversationWorker } from '../queue/conversation-worker.ts';
import { createDeadLetterWorker } from '../queue/dead-letter-worker.ts';
import { createDeadLetters } from '../queue/dead-letters.ts';
import { startSweeper } from '../queue/sweeper.ts';
import type { RunnableWorker } from '../queue/worker-lifecycle.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import type { Logger } from '../telemetry/logger.ts';
import { observeRateBudget } from '../telemetry/metrics.ts';
import { type ConversationProcessing, processConversation } from './process-conversation.ts';
import { createWorkPlaces } from './work-places.ts';

export interface WorkerRoleOptions {
  readonly config: Config;
  readonly genesys: GenesysConfig;
  /** Of the purpose `worker`. */
  readonly redis: RedisConnection;
  ruleSet(): RuleSet;
  readonly logger: Logger;
  /** For tests, which do not wait as long; default: as the design page says. */
  readonly timing?: Pick<ConversationProcessing, 'backoff' | 'readBackDelaysMs'>;
}

export interface WorkerRole {
  hasToken(): boolean;
  /** Lets running batches finish for at most 25 s, then gives them back. */
  close(): Promise<void>;
}

/** Jobs for each place: while a conversation waits for Genesys to show a write, others are at work in its place. */
const JOBS_PER_PLACE = 3;
const GRACE_MS = 25_000;
const TOKEN_RETRY_MS = 5_000;

/** Everything that works on inboxes in this process: conversations, the sweeper, and the dead letters. */
export function startWorker(options: WorkerRoleOptions): WorkerRole {
  const { config, redis, logger } = options;
  const base = { connection: redis, prefix: config.redis.prefix, logger };
  const genesys = createGenesysClient({ config: options.genesys, logger });
  const inbox = createInbox({ redis, prefix: config.redis.prefix, dedupSeconds: config.eventDedupSeconds });
  const queue = createConversationQueue(base);
  const deadLetters = createDeadLetters({ ...base, retention: config.deadLetters });
  const stopped = new AbortController();
  const places = createWorkPlaces(config.workerConcurrency);
  const processing: ConversationProcessing = {
    ...options.timing,
    ...createStores(options),
    pause: (pauseMs, signal) => places.leaveDuring(() => delay(pauseMs, undefined, { signal })),
    inbox,
    genesys,
    deadLetters,
    logger,
    attempts: config.jobAttempts,
  };
  const conversations = createConversationWorker({
    ...base,
    concurrency: config.workerConcurrency * JOBS_PER_PLACE,
    process: (conversationId, context) =>
      places.hold(async () => {
        // Jobs that have not begun when the worker stops go back at once.
        if (stopped.signal.aborted) return { retryAt: Date.now() };
        return processConversation(conversationId, context, processing);
      }),
  });
  const replays = createDeadLetterWorker({ ...base, deadLetters, inbox, queue });
  let sweeper: RunnableWorker | null = null;
  startSweeper({ ...base, inbox, queue, deadLetters }).then(
    (running) => {
      sweeper = running;
    },
    (error: unknown) => logger.error({ err: error }, 'the sweeper did not start'),
  );
  void keepToken(genesys, logger, stopped.signal);
  observeRateBudget(() => genesys.rateBudget());

  return {
    hasToken: () => genesys.hasToken(),
    close: async () => {
      stopped.abort();
      // Without Redis nothing that runs could be settled, and there is nothing to wait for.
      const graceMs = redis.status === 'ready' ? GRACE_MS : 0;
      await Promise.all([conversations, replays, sweeper].map((running) => running?.close(graceMs)));
      await genesys.close();
      if (redis.status === 'ready') await Promise.all([queue.close(), deadLetters.close()]);
    },
  };
}

function createStores({ config, redis, ruleSet }: WorkerRoleOptions) {
  const stored = { redis, prefix: config.redis.prefix };
  return {
    ruleSet,
    now: Date.now,
    ownWrites: createOwnWrites(stored),
    intents: createTransferIntents(stored),
    queues: createKnownQueues(),
    codes: createWrapupCodes(),
    commands: createCommandStore({ ...stored, ttlSeconds: config.eventDedupSeconds }),
  };
}

/** A worker is ready when it has a token; later ones are obtained as calls need them. */
async function keepToken(genesys: PlatformClient, logger: Logger, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await genesys.obtainToken();
      return;
    } catch (error) {
      if (signal.aborted) return;
      logger.error({ err: error }, 'no token from Genesys; trying again');
      await delay(TOKEN_RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
