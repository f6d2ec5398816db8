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

/**
 * The part of a time-out that is waited for after the rest, so that the event loop runs before the time is over. Otherwise a process
 * that was busy for the whole time would find its timer before the response that has arrived meanwhile.
 */
export const LAST_PART = 1 / 6;

/**
 * Gives the time-outs of ioredis a {@link LAST_PART}. Without it ioredis closes a connection that works: commands of the producer
 * fail, and those of the worker are sent twice.
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
