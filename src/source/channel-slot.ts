import type { Logger } from 'pino';
import type { Clock } from '../genesys/clock.ts';
import type { Channel, OrganisationCalls } from '../genesys/organisation-calls.ts';
import { type NotificationSocket, openNotificationSocket, SILENCE_MS, type SocketEnd } from './notification-socket.ts';
import type { RefusedTopics } from './refused-topics.ts';
import { reconnectDelayMs, wait } from './wait.ts';

export interface SlotOptions {
  readonly calls: Pick<OrganisationCalls, 'createChannel' | 'subscribe'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly refused: RefusedTopics;
  onMessage(text: string): void;
  /** Nobody listened to these topics for a while, and now a socket is open again. */
  onGap(topics: readonly string[]): void;
  /** Whether the client may temporarily have one more channel. */
  hasSpareChannel(): boolean;
}

/** Keeps one set of topics subscribed. */
export interface ChannelSlot {
  readonly topics: readonly string[];
  /** Whether a socket is open. */
  readonly connected: boolean;
  /** Replaces the set of topics from now on. */
  replaceTopics(topics: readonly string[]): void;
  stop(): void;
}

/** The remaining part of a channel's life (a day) at which another channel takes over. */
const RENEW_BEFORE_MS = 30 * 60_000;
const CHANNEL_LIFE_MS = 24 * 60 * 60_000;
/** What was sent to the old socket before the new one was open may still be under way. */
const READ_ON_MS = 10_000;
/** A channel that can't be connected to this many times in a row is replaced by a new one. */
const TRIES_OF_A_CHANNEL = 3;

/**
 * The reasons to stop using a socket. `renew`: the channel's life ends; `announced`: Genesys closes the socket; `changed`: other
 * topics.
 */
type Turn = 'lost' | 'silent' | 'renew' | 'announced' | 'changed' | 'stopped';

interface Connection {
  readonly channel: Channel;
  readonly socket: NotificationSocket;
  /** Resolves with the first turn that was not returned yet. */
  next(): Promise<Turn>;
  /** Since when nothing arrives any more (epoch milliseconds); `null` while the socket is in use. */
  lostSince(): number | null;
}

/**
 * One channel with one socket, and temporarily a second one:
 *
 *     (nothing) -- create, subscribe, connect --> open
 *     open -- renew, announced --> second channel is opened --> open; the first is read for some seconds more, so nothing is missed
 *     open -- lost, silent --> the same channel is connected again a few times, else a new one --> open, and a gap is reported
 *     open -- changed --> the subscription is replaced --> open
 */
export function startChannelSlot(first: readonly string[], startedAt: number, options: SlotOptions): ChannelSlot {
  const { calls, clock, logger, refused } = options;
  const stopping = new AbortController();
  let topics = first;
  let current: Connection | null = null;
  let wake: (turn: Turn) => void = () => {};
  /** The topics to which the channel in use is subscribed. */
  let subscribed: readonly string[] = [];

  const subscribe = async (channel: Channel) => {
    const asked = topics;
    const results = await calls.subscribe(channel.id, asked);
    subscribed = asked;
    refused.report(results);
    const accepted = results.filter((each) => each.accepted).length;
    logger.info({ channel: channel.id, topics: accepted, refused: results.length - accepted }, 'notification channel');
  };

  const connect = async (channel: Channel): Promise<Connection> => {
    const turns: Turn[] = [];
    let resolveNext: ((turn: Turn) => void) | null = null;
    const push = (turn: Turn) => {
      if (resolveNext === null) turns.push(turn);
      else resolveNext(turn);
      resolveNext = null;
    };
    let lostSince: number | null = null;
    const onEnd = (end: SocketEnd) => {
      lostSince = clock.now() - (end === 'silent' ? SILENCE_MS : 0);
      push(end);
    };
    const handlers = { onMessage: options.onMessage, onClosingAnnounced: () => push('announced'), onEnd };
    const socket = await openNotificationSocket(channel.connectUri, handlers, clock);
    const lifeMs = (channel.expiresAt ?? clock.now() + CHANNEL_LIFE_MS) - clock.now();
    const cancelRenewal = clock.setTimer(() => push('renew'), Math.max(lifeMs - RENEW_BEFORE_MS, lifeMs / 2));
    wake = push;
    const next = () => {
      const turn = turns.shift();
      return turn === undefined
        ? new Promise<Turn>((resolve) => {
            resolveNext = resolve;
          })
        : Promise.resolve(turn);
    };
    const close = () => {
      cancelRenewal();
      socket.close();
    };
    return { channel, socket: { close }, next, lostSince: () => lostSince };
  };

  const open = async (channel: Channel | null): Promise<Connection> => {
    if (channel !== null) {
      if (subscribed !== topics) await subscribe(channel);
      return connect(channel);
    }
    const created = await calls.createChannel();
    await subscribe(created);
    return connect(created);
  };

  /** Tries until a socket is open; `null` when the slot was stopped. */
  const openUntilDone = async (channel: Channel | null): Promise<Connection | null> => {
    for (let failures = 0; !stopping.signal.aborted; failures += 1) {
      try {
        const connection = await open(failures < TRIES_OF_A_CHANNEL ? channel : null);
        if (!stopping.signal.aborted) return connection;
        connection.socket.close();
      } catch (error) {
        if (stopping.signal.aborted) return null;
        logger.warn({ err: error, failures: failures + 1 }, 'a notification channel could not be opened; trying again');
        await wait(clock, retryDelayMs(error, failures, clock), stopping.signal);
      }
    }
    return null;
  };

  /** With overlap, if there is room for a second channel. If the second channel can't be opened, the first stays in use. */
  const replaceChannel = async (old: Connection): Promise<{ connection: Connection | null; gapSince: number | null }> => {
    const hasSpare = options.hasSpareChannel();
    const closedAt = clock.now();
    if (!hasSpare) old.socket.close();
    const connection = await openUntilDone(null);
    void wait(clock, READ_ON_MS, stopping.signal).then(() => old.socket.close());
    return { connection, gapSince: hasSpare ? old.lostSince() : closedAt };
  };

  const run = async () => {
    let gapSince: number | null = startedAt;
    current = await openUntilDone(null);
    while (current !== null && !stopping.signal.aborted) {
      if (gapSince !== null) {
        logger.info({ channel: current.channel.id, gapMs: clock.now() - gapSince }, 'notifications come again after a gap');
        options.onGap(topics);
      }
      gapSince = null;
      if (subscribed !== topics) wake('changed');
      const turn: Turn = await current.next();
      const { channel, socket, lostSince } = current;
      if (turn === 'lost' || turn === 'silent') {
        gapSince = lostSince();
        logger.warn({ channel: channel.id, reason: turn }, 'a notification socket ended; connecting again');
        socket.close();
        current = null;
        await wait(clock, reconnectDelayMs(0), stopping.signal);
        const alive = channel.expiresAt === null || channel.expiresAt > clock.now() + RENEW_BEFORE_MS;
        current = await openUntilDone(alive ? channel : null);
      } else if (turn === 'renew' || turn === 'announced') {
        ({ connection: current, gapSince } = await replaceChannel(current));
      } else if (turn === 'changed') {
        await subscribe(channel).catch((error: unknown) => {
          logger.warn({ err: error }, 'a subscription could not be changed; trying again');
          clock.setTimer(() => wake('changed'), retryDelayMs(error, 3, clock));
        });
      }
    }
    current?.socket.close();
    current = null;
  };
  void run().catch((error: unknown) => logger.error({ err: error }, 'a notification channel ended'));

  return {
    get topics() {
      return topics;
    },
    get connected() {
      return current !== null;
    },
    replaceTopics: (next) => {
      topics = next;
      wake('changed');
    },
    stop: () => {
      stopping.abort();
      wake('stopped');
    },
  };
}

const SHORTEST_RETRY_MS = 1_000;

/** After a 429 not before its time; otherwise with backoff and jitter. */
function retryDelayMs(error: unknown, failures: number, clock: Clock): number {
  const retryAt = error instanceof Error && 'retryAt' in error && typeof error.retryAt === 'number' ? error.retryAt : null;
  const backoffMs = SHORTEST_RETRY_MS + reconnectDelayMs(failures);
  return retryAt === null ? backoffMs : Math.max(retryAt - clock.now(), 0) + backoffMs;
}
