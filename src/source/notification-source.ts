import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { NotificationsConfig } from '../config/config.ts';
import { EnvelopeError } from '../envelopes/envelope-error.ts';
import type { PlatformClient } from '../genesys/client.ts';
import type { Clock } from '../genesys/clock.ts';
import type { Intake } from '../intake/intake.ts';
import type { Fence } from '../redis/fence.ts';
import { assignTopics, MAX_CHANNELS, MAX_TOPICS } from './assign-topics.ts';
import { type ChannelSlot, startChannelSlot } from './channel-slot.ts';
import { createFeed } from './feed.ts';
import { readMessage } from './read-notification.ts';
import { createRefusedTopics } from './refused-topics.ts';
import { createGapRepairs } from './repair-gaps.ts';
import { reconnectDelayMs, wait } from './wait.ts';
import { needsQueues, wantedTopics } from './wanted-topics.ts';

export interface SourceDependencies {
  readonly wanted: NotificationsConfig;
  readonly genesys: Pick<PlatformClient, 'organisation'>;
  readonly intake: Pick<Intake, 'acceptEvents' | 'acceptLook'>;
  /** With which everything is stored, until another process takes over. */
  readonly fence: Fence;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The memory bound of messages that wait for the store. */
  readonly maxWaitingBytes: number;
}

/** The open channels, for as long as this process is the source. */
export interface NotificationSource {
  /** Resolves when the channels were closed, because too much waits for the store or another process has taken over. */
  readonly ended: Promise<void>;
  /** Channels with an open socket. */
  connectedChannels(): number;
  /** Topics of all channels. */
  topics(): number;
  /** Resolves when every message was passed on and no gap is being repaired. */
  idle(): Promise<void>;
  stop(): void;
}

const LOOK_FOR_QUEUES_EVERY_MS = 10 * 60_000;

/** Opens the channels, keeps them open and follows the queues of the organisation, until it is stopped. */
export function startNotificationSource(dependencies: SourceDependencies): NotificationSource {
  const { genesys, intake, clock, logger, wanted, fence, maxWaitingBytes } = dependencies;
  const stopping = new AbortController();
  const ended = Promise.withResolvers<void>();
  const refused = createRefusedTopics(logger);
  let slots: ChannelSlot[] = [];

  const stop = () => {
    stopping.abort();
    for (const slot of slots) slot.stop();
    repairs.stop();
    feed.clear();
  };
  const feed = createFeed({
    maxBytes: maxWaitingBytes,
    onFenced: () => {
      logger.warn('another process is the source of notifications now');
      stop();
      ended.resolve();
    },
    onOverflow: () => {
      logger.error(
        { maxWaitingBytes },
        'the store does not respond and the notifications no longer fit into memory: channels are closed',
      );
      stop();
      ended.resolve();
    },
    clock,
    logger,
  });
  const accept = async (event: NonNullable<ReturnType<typeof readMessage>>) => {
    await intake.acceptEvents([event], clock.now(), { via: 'notifications', fence });
  };
  const repairs = createGapRepairs({
    calls: genesys.organisation,
    clock,
    logger,
    // With all queues, what is looked at belongs to any of them.
    namesTopics: wanted.kind === 'list',
    look: ({ conversationId, topics }) => {
      const request = { conversationId, id: randomUUID(), topics, receivedAt: clock.now(), fence };
      feed.push({ conversationId, bytes: bytesOf(request), accept: () => intake.acceptLook(request) });
    },
  });

  const onMessage = (text: string) => {
    if (stopping.signal.aborted) return;
    const event = readOrNull(text, clock.now(), logger);
    if (event === null) return;
    // Both the text and the parsed message are in memory.
    feed.push({ conversationId: event.conversationId, bytes: 2 * text.length, accept: () => accept(event) });
  };

  const apply = (topics: readonly string[]) => {
    const assigned = assignTopics(
      slots.map((slot) => slot.topics),
      topics,
    );
    if (assigned.refused.length > 0) logger.error({ topics: assigned.refused.length }, tooManyTopics(topics.length));
    assigned.channels.forEach((own, index) => {
      const slot = slots[index];
      if (slot === undefined) {
        slots.push(
          startChannelSlot(own, clock.now(), {
            calls: genesys.organisation,
            clock,
            logger,
            refused,
            onMessage,
            onGap: (lost) => repairs.request(lost),
            hasSpareChannel: () => slots.length < MAX_CHANNELS,
          }),
        );
      } else if (!sameTopics(slot.topics, own)) {
        const added = own.filter((topic) => !slot.topics.includes(topic));
        slot.replaceTopics(own);
        if (added.length > 0) repairs.request(added);
      }
    });
    for (const slot of slots.filter((each) => each.topics.length === 0)) slot.stop();
    slots = slots.filter((each) => each.topics.length > 0);
  };

  const followQueues = async () => {
    let unknown = '';
    for (let failures = 0; !stopping.signal.aborted; ) {
      try {
        const queues = needsQueues(wanted) ? await genesys.organisation.listQueues() : [];
        if (stopping.signal.aborted) return;
        const { topics, unknownQueues } = wantedTopics(wanted, queues);
        if (unknownQueues.join() !== unknown) {
          unknown = unknownQueues.join();
          if (unknown !== '')
            logger.error({ queues: unknownQueues }, 'GENESYS_NOTIFICATIONS names queues that the client does not see');
        }
        if (topics.length === 0)
          logger.warn('there is no queue to listen to; the role needs routing:queue:view, or there is none');
        apply(topics);
        if (!needsQueues(wanted)) return;
        failures = 0;
        await wait(clock, LOOK_FOR_QUEUES_EVERY_MS, stopping.signal);
      } catch (error) {
        if (stopping.signal.aborted) return;
        logger.error({ err: error }, 'the queues could not be listed; trying again');
        await wait(clock, 1_000 + reconnectDelayMs(failures++), stopping.signal);
      }
    }
  };
  void followQueues();

  return {
    ended: ended.promise,
    connectedChannels: () => slots.filter((slot) => slot.connected).length,
    topics: () => slots.reduce((sum, slot) => sum + slot.topics.length, 0),
    idle: async () => {
      await repairs.idle();
      await feed.idle();
    },
    stop,
  };
}

/** The memory that it occupies while it waits. */
function bytesOf(request: object): number {
  return 2 * JSON.stringify(request).length;
}

function tooManyTopics(count: number): string {
  const most = MAX_CHANNELS * MAX_TOPICS;
  const hint = 'name the queues in GENESYS_NOTIFICATIONS, give the OAuth client fewer divisions, or use EventBridge';
  return `${count} topics are wanted and one OAuth client can have ${most}: the others are left out; ${hint}`;
}

function sameTopics(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((topic, index) => topic === others[index]);
}

/** A message that can't be read is logged without its content. */
function readOrNull(text: string, receivedAt: number, logger: Logger) {
  try {
    return readMessage(text, receivedAt);
  } catch (error) {
    const code = error instanceof EnvelopeError ? error.code : 'not-json';
    logger.warn({ code, bytes: text.length }, 'a notification could not be read');
    return null;
  }
}
