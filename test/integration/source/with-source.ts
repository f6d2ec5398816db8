import { EventEmitter, once } from 'node:events';
import { createVirtualClock, type VirtualClock } from '../../../harness/virtual-clock.ts';
import { waitUntil } from '../../../harness/wait-until.ts';
import type { SimulatorOptions } from '../../../simulator/options.ts';
import { type Simulator, startSimulator } from '../../../simulator/start-simulator.ts';
import type { GenesysConfig, NotificationsConfig } from '../../../src/config/config.ts';
import type { InboxEntry } from '../../../src/domain/inbox-entry.ts';
import { createGenesysClient } from '../../../src/genesys/client.ts';
import { systemClock } from '../../../src/genesys/clock.ts';
import { createInbox } from '../../../src/inbox/redis-inbox.ts';
import type { Intake } from '../../../src/intake/intake.ts';
import { openIntake } from '../../../src/intake/open-intake.ts';
import { createKeys } from '../../../src/redis/keys.ts';
import { createLease } from '../../../src/source/lease.ts';
import { type NotificationSource, startNotificationSource } from '../../../src/source/notification-source.ts';
import { createTakeSnapshot } from '../../../src/source/take-snapshot.ts';
import { NO_STORIES } from '../../../src/story/story-recorder.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { parseRules } from '../../read-rules.ts';
import type { RedisScope } from '../redis-scope.ts';

type Line = Readonly<Record<string, unknown>> & { readonly msg: string };

export interface SourceBed {
  readonly simulator: Simulator;
  readonly source: NotificationSource;
  /** Moves only when told to, unless the bed runs on the system's clock. */
  readonly clock: VirtualClock;
  readonly lines: readonly Line[];
  logged(matches: (line: Line) => boolean): Promise<Line>;
  /** What waits in the conversation's inbox, oldest first. */
  entries(conversationId: string): Promise<readonly InboxEntry[]>;
  /** Waits until so many channels have a socket and no gap is being repaired. */
  connected(channels?: number): Promise<void>;
  /** Ends the source without a word and starts another one. */
  restart(): void;
  /** Another process takes the lease, which has ended. */
  takeOver(): Promise<void>;
  /** A second source, as when two processes believe that they are the only one. */
  startAnother(): NotificationSource;
  callCount(call?: string): number;
}

export interface SourceBedOptions {
  readonly wanted?: NotificationsConfig;
  readonly rules?: string;
  readonly simulator?: SimulatorOptions;
  readonly maxWaitingBytes?: number;
  /** In the intake's place, given the real one. */
  readonly intake?: (real: Intake) => Pick<Intake, 'acceptEvents'>;
}

/** Every snapshot of a queue's conversation is wanted by a rule. */
const STATE_RULES = `
rules:
  - name: state
    when: { topic: v2.routing.queues.*.conversations }
    actions: [{ setAttributes: { seen: "yes" } }]
`;

/** A simulator and a source that puts what comes into inboxes on real Redis. Time is virtual; sockets and calls are real. */
export async function withSource(
  scope: RedisScope,
  options: SourceBedOptions,
  work: (bed: SourceBed) => Promise<void>,
): Promise<void> {
  const clock = createVirtualClock(Date.now());
  const { lines, logger, logged } = collectLines();
  const simulator = await startSimulator({
    ...options.simulator,
    notifications: { heartbeatMs: 0, closingNoticeMs: 60_000, now: clock.now, ...options.simulator?.notifications },
  });
  const redis = await scope.connect('producer');
  const rules = parseRules(options.rules ?? STATE_RULES, 'rules.yaml', logger);
  if (!rules.ok) throw new Error(rules.faults.join('\n'));
  const redisConfig = { urls: [scope.url], prefix: scope.prefix };
  const real = openIntake({
    config: { redis: redisConfig, eventDedupSeconds: 86_400 },
    redis,
    ruleSet: () => rules.ruleSet,
    story: NO_STORIES,
    logger,
  });
  const fence = await createLease({ redis, prefix: scope.prefix }).hold();
  if (fence === null) throw new Error('the lease of an empty scope is free');
  const genesys = createGenesysClient({ config: genesysConfig(simulator), logger, clock: systemClock });
  // In the place of a worker, so that the inbox shows what came in.
  const takeSnapshot = createTakeSnapshot(real, clock.now);
  const acceptLook: Intake['acceptLook'] = async ({ conversationId, topics }) => {
    await takeSnapshot((await genesys.getConversation(conversationId, 'repair')).conversation, topics);
  };
  const start = () =>
    startNotificationSource({
      wanted: options.wanted ?? { kind: 'queues' },
      genesys,
      intake: { ...(options.intake?.(real) ?? real), acceptLook },
      fence,
      clock,
      logger,
      maxWaitingBytes: options.maxWaitingBytes ?? 1_000_000,
    });
  let source = start();
  const others: NotificationSource[] = [];
  const inbox = createInbox({ redis, prefix: scope.prefix, dedupSeconds: 60 });
  try {
    await work({
      simulator,
      get source() {
        return source;
      },
      clock,
      lines,
      logged,
      entries: async (conversationId) => (await inbox.read(conversationId, 1_000)).flatMap(({ entry }) => entry ?? []),
      connected: async (channels = 1) => {
        await waitUntil(async () => {
          // Reconnecting waits for moments of its own.
          await clock.advance(100);
          return source.connectedChannels() >= channels && source.topics() > 0;
        });
        await source.idle();
      },
      restart: () => {
        source.stop();
        source = start();
      },
      takeOver: async () => {
        await redis.del(createKeys(scope.prefix).sourceLease);
        await createLease({ redis, prefix: scope.prefix }).hold();
      },
      startAnother: () => {
        const other = start();
        others.push(other);
        return other;
      },
      callCount: (call) =>
        simulator.journal().filter((record) => record.call !== 'token' && (call ?? record.call) === record.call).length,
    });
  } finally {
    for (const each of [source, ...others]) each.stop();
    await genesys.close();
    await simulator.stop();
  }
}

/** As somebody configures it who has one OAuth client. */
export function genesysConfig({ url, clientId, clientSecret }: Simulator): GenesysConfig {
  return {
    apiUrl: url,
    loginUrl: url,
    clients: [{ id: clientId, secret: clientSecret }],
    tokensPerClient: 1,
    timeoutMs: 5_000,
    ratePerMinute: 60_000,
    organizationRatePerMinute: null,
    fairUseCallsPerMonth: null,
    confirmWithinMs: 10_000,
    planFromSnapshots: true,
    traceHeaders: false,
  };
}

function collectLines() {
  const lines: Line[] = [];
  const arrivals = new EventEmitter().setMaxListeners(0);
  const logger = createLogger('debug', {
    write: (text) => {
      lines.push(JSON.parse(text) as Line);
      arrivals.emit('line');
    },
  });
  const logged = async (matches: (line: Line) => boolean): Promise<Line> => {
    for (;;) {
      const found = lines.find(matches);
      if (found !== undefined) return found;
      await once(arrivals, 'line');
    }
  };
  return { lines, logger, logged };
}
