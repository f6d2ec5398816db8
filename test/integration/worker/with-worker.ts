import { once } from 'node:events';
import { inject } from 'vitest';
import { removeKeys, uniquePrefix } from '../../../harness/unique-prefix.ts';
import type { SimulatorOptions } from '../../../simulator/options.ts';
import type { Simulator } from '../../../simulator/start-simulator.ts';
import { startSimulator } from '../../../simulator/start-simulator.ts';
import type { ActionKinds } from '../../../src/actions/action-kind.ts';
import { evidenceFor } from '../../../src/actions/evidence.ts';
import { ACTIONS } from '../../../src/actions/registry.ts';
import type { Config, GenesysConfig } from '../../../src/config/config.ts';
import { createRulesReader } from '../../../src/config/load-rules.ts';
import type { Action, Target } from '../../../src/domain/action.ts';
import type { ConversationEvent } from '../../../src/domain/conversation-event.ts';
import type { InboxEntry } from '../../../src/domain/inbox-entry.ts';
import { createTraceContext } from '../../../src/domain/trace-context.ts';
import { createAwaitedProofs } from '../../../src/inbox/awaited-proofs.ts';
import { createInbox } from '../../../src/inbox/redis-inbox.ts';
import { createDeliveryStore } from '../../../src/intake/delivery-store.ts';
import { openIntake } from '../../../src/intake/open-intake.ts';
import { createConversationQueue } from '../../../src/queue/conversation-queue.ts';
import { createDeadLetters, type ListedDeadLetter } from '../../../src/queue/dead-letters.ts';
import { createRedisConnection } from '../../../src/redis/connection.ts';
import { createKeys } from '../../../src/redis/keys.ts';
import { createTakeSnapshot } from '../../../src/source/take-snapshot.ts';
import { NO_STORIES } from '../../../src/story/story-recorder.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { startWorker } from '../../../src/worker/start-worker.ts';
import { sampleEntry, sampleEvent } from '../../sample-entry.ts';
import { type Delivered, openReceiver } from './open-receiver.ts';

/** One line of the log, as the person on call sees it. */
export interface ProcessedLine {
  readonly msg: string;
  readonly level: string;
  readonly eventId: string;
  readonly attempts: number;
  readonly calls: readonly string[];
  readonly because?: string;
  readonly outcomes: readonly {
    readonly outcome: string;
    readonly reason: string;
    readonly detail: string;
    readonly rule: string | null;
    readonly action: string;
    readonly participantId: string | null;
  }[];
}

export interface WorkerBed {
  readonly simulator: Simulator;
  /** As the receiver does after it matched the event: appended and scheduled. Answers `accepted` or `duplicate` for each. */
  receive(...entries: readonly InboxEntry[]): Promise<readonly string[]>;
  /** Puts what is no entry, or may be none, at the tail of an inbox, and schedules the conversation. */
  store(conversationId: string, ...stored: readonly (string | Buffer)[]): Promise<void>;
  /** As the receiver does with every event: keeps what it shows if a write awaits it. */
  show(event: ConversationEvent): Promise<void>;
  /** Through a real receiver, with its API key. */
  deliver(body: string): Promise<Delivered>;
  /** The line of the event once it is done. */
  processed(eventId: string): Promise<ProcessedLine>;
  /** The line that says why the event has to wait; with `because`, for that reason. */
  waiting(eventId: string, because?: RegExp): Promise<ProcessedLine & { readonly retryAt: string }>;
  lines(msg: string): readonly ProcessedLine[];
  /** Everything that was logged, as text. */
  log(): string;
  deadLetters(): Promise<readonly ListedDeadLetter[]>;
  retryDeadLetters(): Promise<void>;
  entriesLeft(conversationId: string): Promise<number>;
}

export interface WorkerBedOptions {
  readonly rules?: string;
  /** Default: those of the service. */
  readonly kinds?: ActionKinds;
  readonly simulator?: SimulatorOptions;
  readonly genesys?: Partial<GenesysConfig>;
  readonly attempts?: number;
  readonly ruleUnknownGraceSeconds?: number;
  /** Conversations in progress at once; default 10. */
  readonly concurrency?: number;
  readonly readBackDelaysMs?: readonly number[];
  /** Default true: writes are read back at once. */
  readonly hasPlenty?: boolean;
}

/** Shorter pauses than in earnest, so that a test of a second failure does not take a minute. */
const TIMING = { backoff: { firstMs: 20, capMs: 100 }, readBackDelaysMs: [20, 60, 150, 400] };

/** A simulator and a real worker on real Redis, with keys of its own; all of it ends with `work`. */
export async function withWorker(options: WorkerBedOptions, work: (bed: WorkerBed) => Promise<void>): Promise<void> {
  const prefix = uniquePrefix();
  const redisUrl = inject('redisUrl');
  const simulator = await startSimulator(options.simulator ?? {});
  const log = collectLog();
  const config = workerConfig(redisUrl, prefix, simulator, options);
  const redis = createRedisConnection(config.redis, 'worker', log.logger);
  const kinds = options.kinds ?? ACTIONS;
  const rules = createRulesReader(kinds).parse(options.rules ?? 'rules: []', 'rules.yaml', log.logger);
  if (!rules.ok) throw new Error(rules.faults.join('\n'));
  const readBackDelaysMs = options.readBackDelaysMs ?? TIMING.readBackDelaysMs;
  const timing = { ...TIMING, readBackDelaysMs, hasPlenty: () => options.hasPlenty ?? true };
  const genesys = config.genesys as GenesysConfig;
  const ruleSet = () => rules.ruleSet;
  const intake = openIntake({ config, redis, ruleSet, story: NO_STORIES, logger: log.logger });
  const worker = startWorker({
    config,
    genesys,
    redis,
    story: NO_STORIES,
    takeSnapshot: createTakeSnapshot(intake),
    ruleSet,
    reloadRules: () => {},
    kinds,
    logger: log.logger,
    timing,
  });
  const inbox = createInbox({ redis, prefix, dedupSeconds: 60 });
  const queue = createConversationQueue({ connection: redis, prefix, logger: log.logger });
  const deadLetters = createDeadLetters({ connection: redis, prefix, logger: log.logger });
  const store = createDeliveryStore({ inbox, queue });
  const proofs = createAwaitedProofs({ redis, prefix });
  const { evidenceOf } = evidenceFor(Object.values(kinds));
  await once(redis, 'ready').catch(() => undefined);
  try {
    await work({
      simulator,
      deliver: openReceiver(store, rules.ruleSet),
      receive: async (...entries) => (await store.accept(entries)).map(({ status }) => status),
      show: async (event) => {
        const { needsJob } = await proofs.note(event.conversationId, () => evidenceOf(event));
        if (needsJob) await queue.ensureJobs([event.conversationId]);
      },
      store: async (conversationId, ...stored) => {
        await redis.rpush(createKeys(prefix).inbox(conversationId), ...stored);
        await queue.ensureJobs([conversationId]);
      },
      processed: (eventId) => log.waitFor((line) => line.msg === 'event processed' && line.eventId === eventId),
      waiting: async (eventId, because = /./) =>
        (await log.waitFor(
          (line) => line.msg === 'event waits' && line.eventId === eventId && because.test(line.because ?? ''),
        )) as ProcessedLine & { retryAt: string },
      lines: (msg) => log.lines.filter((line) => line.msg === msg),
      log: () => JSON.stringify(log.lines),
      deadLetters: () => log.eventually(() => deadLetters.list(0, 100)),
      retryDeadLetters: () => deadLetters.retryAll(),
      entriesLeft: async (conversationId) => (await inbox.read(conversationId, 100)).length,
    });
  } finally {
    await worker.close();
    await Promise.all([queue.close(), deadLetters.close()]);
    redis.disconnect();
    await simulator.stop();
    await removeKeys(redisUrl, prefix);
  }
}

export function workerConfig(redisUrl: string, prefix: string, simulator: Simulator, options: WorkerBedOptions): Config {
  return {
    role: 'worker',
    host: '127.0.0.1',
    adminPort: null,
    receiverProcesses: 1,
    shutdownDrainSeconds: 0,
    port: 0,
    redis: { urls: [redisUrl], prefix },
    rulesFile: 'rules.yaml',
    webhook: null,
    genesys: {
      apiUrl: simulator.url,
      loginUrl: simulator.url,
      clients: [{ id: simulator.clientId, secret: simulator.clientSecret }],
      tokensPerClient: 1,
      timeoutMs: 2000,
      ratePerMinute: 60_000,
      organizationRatePerMinute: null,
      fairUseCallsPerMonth: null,
      confirmWithinMs: 10_000,
      planFromSnapshots: true,
      traceHeaders: false,
      ...options.genesys,
    },
    notifications: null,
    eventDedupSeconds: 60,
    workerConcurrency: options.concurrency ?? 10,
    jobAttempts: options.attempts ?? 4,
    ruleUnknownGraceSeconds: options.ruleUnknownGraceSeconds ?? 900,
    deadLetters: { maxCount: 1_000, maxAgeSeconds: 86_400 },
    adminToken: null,
    logLevel: 'debug',
    logFormat: 'json',
    storyDays: 0,
    traceUrlTemplate: null,
  };
}

function collectLog() {
  const lines: ProcessedLine[] = [];
  const waiting = new Set<(line: ProcessedLine) => void>();
  const logger = createLogger('debug', {
    write: (text) => {
      const line = JSON.parse(text) as ProcessedLine;
      lines.push(line);
      for (const look of waiting) look(line);
    },
  });
  return {
    lines,
    logger,
    waitFor: async (matches: (line: ProcessedLine) => boolean): Promise<ProcessedLine> => {
      const found = lines.find(matches);
      if (found !== undefined) return found;
      const { promise, resolve } = Promise.withResolvers<ProcessedLine>();
      const look = (line: ProcessedLine) => {
        if (!matches(line)) return;
        waiting.delete(look);
        resolve(line);
      };
      waiting.add(look);
      return promise;
    },
    /** The first answer that is not empty. */
    eventually: async <T>(ask: () => Promise<readonly T[]>): Promise<readonly T[]> => {
      for (;;) {
        const found = await ask();
        if (found.length > 0) return found;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
}

let events = 0;

/** An event that matched `rules`, received now. */
export function entryFor(
  event: Partial<ConversationEvent> & { readonly conversationId: string },
  rules: readonly string[],
  fields: Partial<InboxEntry> = {},
): InboxEntry {
  const id = event.id ?? `event-${++events}`;
  const received = { receivedAt: Date.now(), traceparent: createTraceContext().traceparent };
  return sampleEntry(event.conversationId, id, {
    event: sampleEvent({ occurredAt: new Date().toISOString(), ...event, id }),
    work: { kind: 'rules', rules },
    ...received,
    ...fields,
  });
}

/** Actions asked for over HTTP. */
export function commandFor(conversationId: string, target: Target | null, actions: readonly Action[]): InboxEntry {
  return entryFor({ conversationId, topic: 'hookpatch.command' }, [], { work: { kind: 'command', target, actions } });
}

/** The requests about events that reached the simulator since its journal was cleared, as `call status`. */
export function callsOf(simulator: Simulator): readonly string[] {
  return simulator
    .journal()
    .filter(({ call }) => call !== 'token' && call !== 'list-limits')
    .map(({ call, status }) => `${call} ${status ?? 'none'}`);
}
