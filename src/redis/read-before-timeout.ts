import { Command, Redis } from 'ioredis';

/** The parts of ioredis's connection and command that end them when no reply came in time. */
interface TimedConnection {
  readonly options: { readonly socketTimeout?: number };
  readonly stream: { destroy(error: Error): void };
  socketTimeoutTimer: NodeJS.Timeout | undefined;
  setSocketTimeout(): void;
}

interface TimedCommand {
  readonly isSettled: boolean;
  _commandTimeoutTimer: NodeJS.Timeout | undefined;
  reject(error: Error): void;
  setTimeout(ms: number): void;
}

/** The part of a time-out that is waited for after the rest. */
const LAST_PART = 1 / 6;

/**
 * A process that stood still, or was busy for the whole time, finds its timers before the replies that have arrived meanwhile. ioredis
 * would close a connection that works: commands of the producer would fail, and those of the worker would be sent twice. Here the
 * last part of each time-out begins after the rest, so the event loop reads what has arrived.
 */
export function readBeforeTimeout(): void {
  const connection = Redis.prototype as unknown as TimedConnection;
  const setSocketTimeout = connection.setSocketTimeout;
  connection.setSocketTimeout = function (this: TimedConnection): void {
    // Its listener clears and renews the timer that is in `socketTimeoutTimer` then.
    setSocketTimeout.call(this);
    clearTimeout(this.socketTimeoutTimer);
    const { stream, options } = this;
    const ms = options.socketTimeout ?? 0;
    const expire = () => {
      this.socketTimeoutTimer = undefined;
      stream.destroy(new Error(`Socket timeout. Expecting data, but didn't receive any in ${ms}ms.`));
    };
    const keep = (timer: NodeJS.Timeout) => {
      this.socketTimeoutTimer = timer;
    };
    startInTwoParts(ms, expire, keep);
  };

  const command = Command.prototype as unknown as TimedCommand;
  command.setTimeout = function (this: TimedCommand, ms: number): void {
    if (this._commandTimeoutTimer !== undefined) return;
    const expire = () => {
      if (!this.isSettled) this.reject(new Error('Command timed out'));
    };
    const keep = (timer: NodeJS.Timeout) => {
      this._commandTimeoutTimer = timer;
    };
    startInTwoParts(ms, expire, keep);
  };
}

function startInTwoParts(ms: number, expire: () => void, keep: (timer: NodeJS.Timeout) => void): void {
  const lastMs = ms * LAST_PART;
  keep(setTimeout(() => keep(setTimeout(expire, lastMs)), ms - lastMs));
}
