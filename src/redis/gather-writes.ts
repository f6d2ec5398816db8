import type { Writable } from 'node:stream';
import type { Redis } from 'ioredis';

/** The parts of ioredis's connection that send. */
export interface Sending {
  /** The socket; `undefined` while there is none. */
  readonly stream?: Pick<Writable, 'writableCorked' | 'cork' | 'uncork'> | undefined;
  /** Commands that were sent and have no reply yet. */
  readonly commandQueue: { readonly length: number };
  sendCommand: Redis['sendCommand'];
}

/**
 * While a reply is outstanding, the commands of one turn of the event loop leave in one write, at the end of the turn. ioredis writes
 * each on its own, which is a system call here and a read, a write and a turn of the event loop in Redis; for short commands that
 * costs more than the command. While no reply is outstanding, a command leaves at once, and Redis works meanwhile. The order stays.
 */
export function gatherWrites(connection: Sending): void {
  const { sendCommand } = connection;
  connection.sendCommand = (...args) => {
    const { stream, commandQueue } = connection;
    if (commandQueue.length > 0 && stream?.writableCorked === 0) {
      stream.cork();
      setImmediate(() => stream.uncork());
    }
    return sendCommand.apply(connection, args);
  };
}
