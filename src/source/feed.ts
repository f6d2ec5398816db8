import type { Logger } from 'pino';
import type { Clock } from '../genesys/clock.ts';
import { StoreUnavailableError } from '../intake/within-deadline.ts';
import { FencedError } from '../redis/fence.ts';
import { reconnectDelayMs, wait } from './wait.ts';

/** An item that is to be passed to the intake. */
export interface Fed {
  readonly conversationId: string;
  /** The memory that it occupies until then. */
  readonly bytes: number;
  /** Called again when the store does not respond. */
  accept(): Promise<void>;
}

export interface FeedOptions {
  readonly maxBytes: number;
  /** Another process has taken over: all waiting items are dropped. */
  onFenced(): void;
  /** More waits than the bound allows: all waiting items are dropped. Called once for each overflow. */
  onOverflow(): void;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Feed {
  push(fed: Fed): void;
  /** Drops all waiting items. */
  clear(): void;
  /** Resolves when nothing waits. */
  idle(): Promise<void>;
  readonly waitingBytes: number;
}

/** Conversations at once. While Redis is away each of them calls it from time to time, so there must not be many. */
const MOST_AT_ONCE = 32;

/**
 * Passes items on in order for each conversation, several conversations at once. While the store does not respond everything
 * waits here, up to a bound in bytes.
 */
export function createFeed({ maxBytes, onFenced, onOverflow, clock, logger }: FeedOptions): Feed {
  /** The items of each conversation that has any waiting, oldest first. */
  let waiting = new Map<string, Fed[]>();
  let waitingBytes = 0;
  let given = new AbortController();
  const ready: string[] = [];
  let running = 0;
  let idlers: (() => void)[] = [];

  const startMore = () => {
    while (running < MOST_AT_ONCE && ready.length > 0) {
      running += 1;
      void drain(ready.shift() ?? '', waiting, given.signal);
    }
    if (running > 0 || waiting.size > 0) return;
    for (const resolve of idlers) resolve();
    idlers = [];
  };

  const drain = async (conversationId: string, own: Map<string, Fed[]>, signal: AbortSignal) => {
    const queue = own.get(conversationId) ?? [];
    for (let next = queue[0]; next !== undefined && !signal.aborted; next = queue[0]) {
      await acceptUntilDone(next, signal);
      if (signal.aborted) break;
      queue.shift();
      waitingBytes -= next.bytes;
    }
    if (!signal.aborted) own.delete(conversationId);
    running -= 1;
    startMore();
  };

  const acceptUntilDone = async (fed: Fed, signal: AbortSignal) => {
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        return await fed.accept();
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof FencedError) {
          clear();
          return onFenced();
        }
        if (!(error instanceof StoreUnavailableError)) {
          return logger.error({ err: error, conversationId: fed.conversationId }, 'a notification could not be taken in');
        }
      }
      await wait(clock, 100 + reconnectDelayMs(Math.min(failures, 3)), signal);
    }
  };

  const clear = () => {
    given.abort();
    given = new AbortController();
    waiting = new Map();
    waitingBytes = 0;
    ready.length = 0;
  };

  return {
    push: (fed) => {
      waitingBytes += fed.bytes;
      if (waitingBytes > maxBytes) {
        clear();
        onOverflow();
        return;
      }
      const queue = waiting.get(fed.conversationId);
      if (queue !== undefined) {
        queue.push(fed);
        return;
      }
      waiting.set(fed.conversationId, [fed]);
      ready.push(fed.conversationId);
      startMore();
    },
    clear,
    idle: () =>
      new Promise((resolve) => {
        idlers.push(resolve);
        startMore();
      }),
    get waitingBytes() {
      return waitingBytes;
    },
  };
}
